// Package user knows who may look at the console and who may act from it:
// local users, their passwords, their one-time links and their sessions.
//
// There is no default password. A hub without users makes one link, valid for
// a day, that its owner opens to choose a name and a password; every further
// user is invited with a link of their own. What is stored never lets anybody
// in: passwords are argon2id hashes, links and sessions are kept as SHA-256 of
// a random secret.
//
// Time is an argument everywhere, so that expiry can be tested.
package user
