// Package register keeps the works register of the sites (rules/works) in a
// key-value bucket of the hub, one key a site, by compare-and-set: what another
// hub or a command wrote meanwhile is never overwritten unseen. It reads and
// writes the register as a YAML file.
package register
