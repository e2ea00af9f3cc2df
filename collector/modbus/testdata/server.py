"""Serves one unit with pymodbus and prints the port: holding 100..107 hold
1..8, input 10..11 hold the float 21.5, discrete inputs 0..3 hold 1 0 1 1, and
every other address is refused with exception 2."""
import asyncio

from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                ModbusSlaveContext)
from pymodbus.server.async_io import ModbusTcpServer


async def main():
    unit = ModbusSlaveContext(
        di=ModbusSequentialDataBlock(0, [1, 0, 1, 1]),
        co=ModbusSequentialDataBlock(0, [0, 1]),
        hr=ModbusSequentialDataBlock(100, [1, 2, 3, 4, 5, 6, 7, 8]),
        ir=ModbusSequentialDataBlock(10, [0x41AC, 0x0000]),
        zero_mode=True,
    )
    server = ModbusTcpServer(
        ModbusServerContext(slaves={5: unit}, single=False), address=("127.0.0.1", 0))
    task = asyncio.create_task(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await task


asyncio.run(main())
