// The live part of the console: ages that tick, values that change, a banner
// when nothing arrives any more. Every page reads without it.
(() => {
  'use strict';
  const body = document.body;
  const data = body.dataset;
  const lang = document.documentElement.lang;
  // The page's clock is the server's: a phone that is wrong shows right ages.
  const skew = Date.parse(data.now) - Date.now();
  const now = () => Date.now() + skew;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Numbers and ages as the server writes them.
  const number = (value, decimals) => {
    const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, data.group);
    const text = fraction ? grouped + data.decimal + fraction : grouped;
    return value < 0 && /[1-9]/.test(text) ? '−' + text : text;
  };
  const age = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 60) return `${s} ${data.unitS}`;
    if (s < 3600) return `${Math.floor(s / 60)} ${data.unitMin}`;
    if (s < 172800) return `${Math.floor(s / 3600)} ${data.unitH} ${String(Math.floor(s % 3600 / 60)).padStart(2, '0')}`;
    if (s < 604800) return `${Math.floor(s / 86400)} ${data.unitD} ${Math.floor(s % 86400 / 3600)} ${data.unitH}`;
    return `${number(Math.floor(s / 86400), 0)} ${data.unitD}`;
  };
  const zone = {timeZone: 'Europe/Brussels'};
  const months = data.months.split(' ');
  const dateFormat = new Intl.DateTimeFormat('en', {...zone, day: 'numeric', month: 'numeric', year: 'numeric'});
  const timeFormat = new Intl.DateTimeFormat('fr', {...zone, hour: '2-digit', minute: '2-digit', second: '2-digit'});
  const clockFormat = new Intl.DateTimeFormat('fr', {...zone, hour: '2-digit', minute: '2-digit'});
  const day = (ms) => {
    const part = Object.fromEntries(dateFormat.formatToParts(ms).map((p) => [p.type, p.value]));
    return `${part.day} ${months[part.month - 1]} ${part.year}`;
  };
  const moment = (ms) => `${day(ms)} ${clockFormat.format(ms)}`;

  // Live values.
  const staleAfter = 3;
  const setAge = (root, at) => {
    for (const time of $$('time[data-age]', root)) {
      time.dateTime = new Date(at).toISOString();
      time.title = moment(at);
      time.textContent = age(now() - at);
    }
  };
  const shown = (value, row) => {
    if (value.value === null) return '–';
    if (value.type === 'bool') return value.value ? row.dataset.true : row.dataset.false;
    if (value.type === 'enum') return (value.text && (value.text[lang] || value.text.fr)) || number(value.value, 0);
    const text = number(value.value, Number(row.dataset.decimals));
    return value.unit ? text : text.replace(/([.,]\d*?)0+$/, '$1').replace(/[.,]$/, '');
  };
  const apply = (value) => {
    const key = `${value.equipment}/${value.point}`;
    const row = $(`[data-v="${CSS.escape(key)}"]`);
    if (!row) return false;
    const at = Date.parse(value.at);
    const good = value.value !== null && value.quality === 'good' && !value.stale;
    const wasAbnormal = row.classList.contains('abnormal');
    // A change of kind moves the row: the server writes the list again.
    if (!good || row.classList.contains('stale') || row.classList.contains('unknown') || wasAbnormal !== Boolean(value.abnormal)) return true;
    const text = shown(value, row);
    const place = $('.shown b', row);
    if (place.textContent !== text) place.textContent = text;
    row.dataset.at = value.at;
    const reading = $(`[data-reading="${CSS.escape(key)}"]`);
    if (reading) {
      $('b', reading).textContent = text;
      setAge(reading, at);
    }
    for (const newest of $$(`[data-newest="${CSS.escape(value.equipment)}"]`)) setAge(newest, at);
    return false;
  };
  const sinceLastGood = () => {
    for (const row of $$('[data-poll][data-at]')) {
      const late = now() - Date.parse(row.dataset.at);
      if (late > staleAfter * 1000 * Number(row.dataset.poll) && !row.classList.contains('stale') && !row.classList.contains('unknown')) {
        row.classList.add('stale');
        $('.doubt', row).textContent = `${data.stale} · ${age(late)}`;
      }
    }
  };

  // Regions are parts of a page that the server writes again.
  const swap = (fresh, only) => {
    for (const old of $$('[data-region]')) {
      if (only && old.id !== only) continue;
      const next = fresh.getElementById(old.id);
      if (!next || next.outerHTML === old.outerHTML) continue;
      // What somebody is typing or about to press is not taken away.
      if (old.querySelector('[data-typed], form:active, button:active')) continue;
      for (const open of $$('details[open][id]', old)) {
        const same = [...next.querySelectorAll('details[id]')].find((d) => d.id === open.id);
        if (same) same.open = true;
      }
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      const again = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute('href') && `a[href="${CSS.escape(focused.getAttribute('href'))}"]`);
      const adopted = document.importNode(next, true);
      old.replaceWith(adopted);
      if (again) $(again, adopted)?.focus({preventScroll: true});
    }
    filter();
    enhance();
  };
  const load = async (address, only) => {
    const answer = await fetch(address, {headers: {Accept: 'text/html'}});
    if (!answer.ok) return false;
    swap(new DOMParser().parseFromString(await answer.text(), 'text/html'), only);
    return true;
  };
  let due = 0;
  const refresh = () => {
    if (due) return;
    due = setTimeout(async () => {
      const address = new URL(location.href);
      address.searchParams.set('part', 'live');
      try { await load(address); } catch { /* the silence says it */ }
      due = 0;
    }, 400);
  };

  // Stream and silence.
  let heard = Date.now();
  let source = null;
  const pulse = $('#pulse');
  const onChange = (event) => {
    heard = Date.now();
    const change = JSON.parse(event.data);
    if (change.what !== 'sample') return refresh();
    let again = false;
    for (const value of change.values || []) again = apply(value) || again;
    if (again) refresh();
    const tile = document.getElementById(`site-${change.site}`);
    const seen = tile && $('.foot time', tile);
    if (seen && !tile.classList.contains('unknown') && !tile.classList.contains('stale')) setAge($('.foot span', tile), Date.parse(change.at));
  };
  const connect = () => {
    source = new EventSource(data.stream);
    source.addEventListener('beat', () => { heard = Date.now(); });
    source.addEventListener('change', onChange);
    // A stream that comes back may have missed changes.
    let broken = false;
    source.onerror = () => { broken = true; if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000); };
    source.onopen = () => { if (broken) refresh(); broken = false; };
  };
  const banner = $('#frozen');
  const silence = () => {
    if (!data.stream) return;
    const quiet = Date.now() - heard;
    const frozen = quiet > Number(data.silent) * 1000;
    body.classList.toggle('frozen', frozen);
    banner.hidden = !frozen;
    if (frozen) {
      const text = banner.dataset.text.replace('{clock}', timeFormat.format(heard + skew)).replace('{age}', age(quiet));
      if (banner.textContent !== text) banner.textContent = text;
    }
    if (!frozen && source && source.readyState === EventSource.OPEN) pulse.textContent = `${pulse.dataset.live} ${age(quiet)}`;
    else pulse.textContent = pulse.dataset.wait;
  };
  const tick = () => {
    for (const time of $$('time[data-age]')) {
      const text = age(now() - Date.parse(time.dateTime));
      if (time.textContent !== text) time.textContent = text;
    }
    $('#clock').textContent = `${day(now())} ${timeFormat.format(now())}`;
    sinceLastGood();
    silence();
  };

  // Reading a curve under the pointer.
  const readings = (event) => {
    const svg = event.target.closest?.('.figure svg.chart[data-from]');
    if (!svg) return;
    const stack = svg.closest('.stack') || svg.closest('section');
    const figure = $('.figure[data-points]', stack);
    const out = $('[data-readout]', stack);
    if (!figure || !out) return;
    figure.points ??= JSON.parse(figure.dataset.points);
    const box = svg.getBoundingClientRect();
    const {left, right, from, to} = svg.dataset;
    const scale = svg.viewBox.baseVal.width / box.width;
    const part = ((event.clientX - box.left) * scale - left) / (right - left);
    const at = Number(from) + Math.min(1, Math.max(0, part)) * (to - from);
    const half = 'daily' in figure.dataset ? 43200000 : 0;
    let best = null;
    for (const point of figure.points) if (!best || Math.abs(point[0] + half - at) < Math.abs(best[0] + half - at)) best = point;
    if (!best) return;
    const names = JSON.parse(figure.dataset.names);
    const when = half ? day(best[0]) : moment(best[0]);
    const parts = names.map((name, i) => best[i + 1] === null || best[i + 1] === undefined ? `${name} –` : `${name} ${number(best[i + 1], Number(figure.dataset.decimals))} ${figure.dataset.unit}`);
    out.textContent = `${when} · ${parts.join(' · ')}`;
    out.classList.add('on');
    for (const chart of $$('svg.chart[data-from]', stack)) {
      const d = chart.dataset;
      const x = Number(d.left) + (best[0] + half - d.from) / (d.to - d.from) * (d.right - d.left);
      const line = $('.cursor', chart) || chart.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'line'));
      line.setAttribute('class', 'cursor');
      for (const [name, value] of [['x1', x], ['x2', x], ['y1', d.top], ['y2', d.bottom]]) line.setAttribute(name, value);
    }
  };
  document.addEventListener('pointermove', readings);
  document.addEventListener('pointerdown', readings);

  // Choosing another curve without leaving the place.
  const choose = async (address) => {
    const url = new URL(address, location.href);
    try {
      if (await load(url, 'trend')) { history.replaceState(null, '', url); return true; }
    } catch { /* fall back to the whole page */ }
    location.href = url;
    return false;
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-swap]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    choose(link.href).then((done) => { if (done) $('#trend')?.scrollIntoView({block: 'nearest'}); });
  });
  const submit = (form) => {
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) url.searchParams.set(name, value);
    return choose(url);
  };
  document.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-auto]');
    if (form) submit(form);
    const send = event.target.closest('form[data-send]');
    if (send) {
      // An address says only what was asked for.
      for (const field of send.elements) if (field.name && !field.value) field.disabled = true;
      send.requestSubmit();
    }
  });
  // A date chosen means that the date is meant.
  document.addEventListener('input', (event) => {
    const field = event.target;
    const form = field.closest('form[method=post]');
    if (form) form.dataset.typed = '';
    if (field.dataset.picks) for (const radio of $$(`input[type=radio][value="${field.dataset.picks}"]`, form)) radio.checked = true;
  });
  // A form is sent once.
  document.addEventListener('submit', (event) => {
    const form = event.target.closest('form[method=post]');
    if (!form || event.defaultPrevented) return;
    if ('sent' in form.dataset) { event.preventDefault(); return; }
    form.dataset.sent = '';
    setTimeout(() => { delete form.dataset.sent; }, 5000);
  });

  // More of a list, without losing the place.
  document.addEventListener('click', async (event) => {
    const link = event.target.closest('a[data-extend]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const region = link.closest('[data-region]').id;
    try {
      if (await load(link.href, region)) { history.replaceState(null, '', link.href); return; }
    } catch { /* fall back to the whole page */ }
    location.href = link.href;
  });

  // Telling this browser even when no page is open.
  const push = async (form) => {
    const state = $('[data-push-state]', form);
    const on = $('[data-push-on]', form);
    const off = $('[data-push-off]', form);
    if (!('serviceWorker' in navigator) || !('PushManager' in window)) { state.textContent = form.dataset.unable; return; }
    state.textContent = '';
    const send = (what, subscription) => {
      form.elements.do.value = what;
      form.elements.subscription.value = JSON.stringify(subscription);
      form.elements.endpoint.value = subscription.endpoint;
      form.submit();
    };
    const known = await navigator.serviceWorker.getRegistration('/').then((r) => r && r.pushManager.getSubscription());
    on.hidden = Boolean(known);
    off.hidden = !known;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      try {
        const registration = await navigator.serviceWorker.register('/sw.js');
        await navigator.serviceWorker.ready;
        const there = await registration.pushManager.getSubscription();
        if (event.submitter === off) {
          if (!there) return;
          await there.unsubscribe();
          send('unpush', there);
          return;
        }
        const key = form.dataset.push.replace(/-/g, '+').replace(/_/g, '/');
        const bytes = Uint8Array.from(atob(key), (c) => c.charCodeAt(0));
        send('push', there || await registration.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: bytes}));
      } catch {
        state.textContent = Notification.permission === 'denied' ? form.dataset.denied : form.dataset.unable;
      }
    });
  };
  for (const form of $$('form[data-push]')) push(form);

  // What is shown once is copied with one tap. An address without https has no
  // clipboard: there the older way serves.
  for (const button of $$('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const field = $(button.dataset.copy);
      field.select();
      let done = false;
      try { await navigator.clipboard.writeText(field.value); done = true; } catch { done = document.execCommand('copy'); }
      button.nextElementSibling.textContent = done ? button.dataset.copied : button.dataset.uncopied;
    });
  }

  // Finding a site.
  const filter = () => {
    const input = $('[data-filter] input');
    if (!input) return;
    const plain = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    const wanted = plain(input.value);
    for (const item of $$('[data-name]')) item.hidden = !plain(item.dataset.name).includes(wanted);
  };
  document.addEventListener('input', (event) => { if (event.target.closest('[data-filter]')) filter(); });
  document.addEventListener('submit', (event) => { if (event.target.closest('[data-filter]')) event.preventDefault(); });

  // Keyboard: j and k walk down and up, a takes in charge, / searches.
  const step = (by) => {
    const items = $$('[data-item]').filter((item) => item.offsetParent);
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const item = items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (!item) return;
    (item.matches('a') ? item : $('a', item) || item).focus();
    item.scrollIntoView({block: 'nearest'});
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea')) return;
    if (event.key === 'j') step(1);
    else if (event.key === 'k') step(-1);
    else if (event.key === 'a') (document.activeElement.closest('[data-item]') || document).querySelector('[data-take]')?.click();
    else if (event.key === '/' && $('[data-filter] input')) event.preventDefault();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key === '/' && !event.target.closest('input, select, textarea')) $('[data-filter] input')?.focus();
  });

  const enhance = () => { for (const button of $$('form[data-auto] button, form[data-send] button')) button.hidden = true; };
  for (const form of $$('[data-filter]')) form.hidden = false;
  enhance();
  if (data.stream) connect();
  tick();
  setInterval(tick, 1000);
  // What changes without a word (an age that became a state) is fetched.
  if (data.stream) setInterval(refresh, 60000);
})();
