// Serves the map of server.py with jsmodbus and prints the port.
const net = require("net");
const modbus = require("jsmodbus");

const holding = Buffer.alloc(216);
for (let i = 0; i < 8; i++) holding.writeUInt16BE(i + 1, 200 + 2 * i);
const input = Buffer.alloc(24);
input.writeUInt16BE(0x41ac, 20);

const socket = new net.Server();
new modbus.server.TCP(socket, {
  holding, input, coils: Buffer.from([0b0010]), discrete: Buffer.from([0b1101]),
});
socket.listen(0, "127.0.0.1", () => console.log(socket.address().port));
