// Serves the map of server.py with modbus-serial and prints the port.
const { ServerTCP } = require("modbus-serial");

const coils = [false, true, false, false];
const holding = [1, 2, 3, 4, 5, 6, 7, 8];
const at = (table, first) => (addr) => {
  if (addr < first || addr >= first + table.length) {
    throw Object.assign(new Error("illegal address"), { modbusErrorCode: 2 });
  }
  return table[addr - first];
};
const set = (table, first) => (addr, value) => {
  at(table, first)(addr);
  table[addr - first] = value;
};

const server = new ServerTCP({
  getCoil: at(coils, 0),
  setCoil: set(coils, 0),
  getDiscreteInput: at([true, false, true, true], 0),
  getHoldingRegister: at(holding, 100),
  setRegister: set(holding, 100),
  getInputRegister: at([0x41ac, 0], 10),
}, { host: "127.0.0.1", port: 0, unitID: 5 });
server.on("initialized", () => console.log(server._server.address().port));
server.on("socketError", () => {});
server.on("serverError", (err) => { throw err; });
