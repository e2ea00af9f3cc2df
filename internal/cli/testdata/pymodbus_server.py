"""Serves two units with pymodbus and prints the port: unit 3 is a pulse counter
(model text at holding 200, counters at input 60 and 62), unit 254 a heating
controller whose holding registers can be written. Every other address is
refused with exception 2."""
import asyncio

from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext,
                                ModbusSparseDataBlock)
from pymodbus.server.async_io import ModbusTcpServer


async def main():
    model = [ord(c) for c in "WBMCM8"] + [0] * 14
    counter = ModbusSlaveContext(
        hr=ModbusSparseDataBlock({200 + i: w for i, w in enumerate(model)}),
        ir=ModbusSparseDataBlock({60: 1, 61: 2, 62: 0, 63: 4711}),
        zero_mode=True,
    )
    controller = ModbusSlaveContext(
        hr=ModbusSparseDataBlock({11174: 12, 11176: 20, 11177: 75, 11179: 205, 11180: 180, 4200: 1, 4201: 2}),
        ir=ModbusSparseDataBlock({10200: 850, 10201: 2130, 10202: 5512, 10203: 5980, 10204: 4105, 10205: 19200,
                                  11253: 560, 4005: 1, 4006: 0, 4007: 1}),
        zero_mode=True,
    )
    server = ModbusTcpServer(
        ModbusServerContext(slaves={3: counter, 254: controller}, single=False), address=("127.0.0.1", 0))
    task = asyncio.create_task(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await task


asyncio.run(main())
