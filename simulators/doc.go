// Package simulators runs a park of simulated sites behind real protocols:
// every connection of a configuration gets a Modbus TCP server or MQTT
// publishers at its address, serving the equipment that the site files
// describe through the same device profiles that the collectors read with. What they show
// comes from the physics of package building at the clock's instant.
//
// What only the simulation needs (seed, physical properties, faults) is in a
// park file beside the configuration; see [File].
package simulators
