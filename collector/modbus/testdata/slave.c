/* Serves unit 5 with libmodbus, over TCP (prints the port) or, given a device,
 * over RTU. The map is that of server.py. */
#include <modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	modbus_t *m = argc > 1 ? modbus_new_rtu(argv[1], 9600, 'E', 8, 1) : modbus_new_tcp("127.0.0.1", 0);
	modbus_mapping_t *map = modbus_mapping_new_start_address(0, 4, 0, 4, 100, 8, 10, 2);
	uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
	int i, n, server = -1;

	for (i = 0; i < 8; i++)
		map->tab_registers[i] = i + 1;
	map->tab_input_registers[0] = 0x41ac;
	map->tab_bits[1] = map->tab_input_bits[0] = map->tab_input_bits[2] = map->tab_input_bits[3] = 1;
	modbus_set_slave(m, 5);
	if (argc > 1) {
		if (modbus_connect(m) < 0)
			return 1;
		puts("ready");
	} else {
		struct sockaddr_in a;
		socklen_t size = sizeof a;
		server = modbus_tcp_listen(m, 1);
		if (server < 0 || getsockname(server, (struct sockaddr *)&a, &size) < 0)
			return 1;
		printf("%d\n", ntohs(a.sin_port));
	}
	fflush(stdout);
	for (;;) {
		if (server >= 0 && modbus_tcp_accept(m, &server) < 0)
			return 1;
		while ((n = modbus_receive(m, query)) >= 0 || server < 0)
			if (n > 0)
				modbus_reply(m, query, n, map);
		modbus_close(m);
	}
}
