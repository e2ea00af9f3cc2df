// What a browser has and jsdom has not, as Grafana's components expect it.
require('@testing-library/jest-dom');
const util = require('util');

Object.assign(global, { TextDecoder: util.TextDecoder, TextEncoder: util.TextEncoder });

Object.defineProperty(global, 'matchMedia', {
  writable: true,
  value: (query) => ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener() {},
    removeEventListener() {},
    dispatchEvent: () => false,
  }),
});

// Nothing scrolls and nothing is resized in a test.
class Watcher {
  observe() {}
  unobserve() {}
  disconnect() {}
}
Object.assign(global, { IntersectionObserver: Watcher, ResizeObserver: Watcher });

global.HTMLCanvasElement.prototype.getContext = () => null;

// Icons are drawings fetched over the network: the tests show none.
module.exports = { __esModule: true, default: () => null, cacheStore: {} };
