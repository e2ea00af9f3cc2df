"""Reads a server with pymodbus, tries to write to it, prints what it got."""
import sys

from pymodbus.client import ModbusTcpClient

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
client.connect()


def show(name, answer):
    if answer.isError():
        print(name, "exception", answer.exception_code)
    elif hasattr(answer, "registers"):
        print(name, answer.registers)
    else:
        print(name, [int(b) for b in answer.bits])


show("holding", client.read_holding_registers(10, 3, slave=1))
show("input", client.read_input_registers(20, 1, slave=1))
show("discrete", client.read_discrete_inputs(0, 4, slave=2))
show("outside", client.read_holding_registers(13, 1, slave=1))
show("too many", client.read_holding_registers(10, 9, slave=1))
show("no unit", client.read_holding_registers(10, 1, slave=9))
show("write", client.write_register(10, 7, slave=1))
show("write coils", client.write_coils(0, [True, False], slave=1))
client.close()
