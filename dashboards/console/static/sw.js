// What the browser does when the hub calls and no page is open.
self.addEventListener('push', (event) => {
  let said = {};
  try { said = event.data.json(); } catch { /* an empty call still says: look */ }
  event.waitUntil(self.registration.showNotification(said.title || 'gtc', {
    body: said.body || '', tag: said.tag, icon: '/static/icon.svg', renotify: Boolean(said.tag),
    requireInteraction: said.priority <= 2, data: {link: said.link},
  }));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  // Only pages of this console are opened.
  const fallback = new URL('/alarms', self.location.origin);
  let target = fallback;
  try { target = new URL(event.notification.data.link, self.location.origin); } catch { /* the list then */ }
  if (target.origin !== self.location.origin) target = fallback;
  event.waitUntil(self.clients.openWindow(target.href));
});
