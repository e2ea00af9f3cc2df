"""Serves unit 5 with pymodbus and prints the port: holding 100..107 hold
1..8, input 10..11 hold the float 21.5, discrete inputs 0..3 hold 1 0 1 1,
coils 0..3 hold 0 1 0 0, and every other address is refused with exception 2.
With an argument, units 1 to that number serve holding 0..119 as floats
instead."""
import asyncio
import sys

from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                ModbusSlaveContext)
from pymodbus.server.async_io import ModbusTcpServer


def device():
    return ModbusSlaveContext(
        di=ModbusSequentialDataBlock(0, [1, 0, 1, 1]),
        co=ModbusSequentialDataBlock(0, [0, 1, 0, 0]),
        hr=ModbusSequentialDataBlock(100, [1, 2, 3, 4, 5, 6, 7, 8]),
        ir=ModbusSequentialDataBlock(10, [0x41AC, 0x0000]),
        zero_mode=True,
    )


def meter():
    return ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, [0x4367, 0x8000] * 60), zero_mode=True)


async def main():
    units = {5: device()}
    if len(sys.argv) > 1:
        units = {n: meter() for n in range(1, int(sys.argv[1]) + 1)}
    server = ModbusTcpServer(ModbusServerContext(slaves=units, single=False), address=("127.0.0.1", 0))
    task = asyncio.create_task(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await task


asyncio.run(main())
