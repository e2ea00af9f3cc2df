// Package building simulates the heating, hot water, ventilation, electricity
// and indoor air of one building. It depends on nothing but its parameters and
// the commands it was given; faults begin and end at given instants.
//
// # Rooms
//
// Three heat stores, air with furniture, structure, and the water and metal of
// the radiators, are joined by heat transfers and solved implicitly in steps of
// five minutes at most, so that the balance of every step closes. The envelope
// lies outside the structure; air goes in and out through joints and windows
// (more in wind, and when it is hot inside), and through fans with heat
// recovery and a heating coil. Sun, people and electricity warm air and
// structure. Radiators give with the exponent 1.3 of EN 442 and have room
// valves with a band of 2 K, but for a seventh that nobody can close.
//
// # Control
//
// The flow temperature follows a curve of the outdoor temperature (half as it
// is, half as it was over twelve hours), is corrected by the room sensor, raised in
// the morning until the room is warm, and in setback withheld until the room is
// cold enough. Above the summer limit nothing runs. A mixing valve makes the
// flow out of boiler and return water. What the controller believes of outdoor
// and room temperature may be wrong.
//
// # Boiler
//
// The burner modulates; below its least power it goes on and off between two
// temperatures of the boiler's water, at exact instants. Its efficiency (on
// PCS) is nearly flat above the dew point of the flue gas and gains a third of
// a per cent a kelvin of colder return below it. The boiler loses heat to its
// room, and at every start to the chimney. Hot water goes first.
//
// # Hot water
//
// A tank of two layers is charged between two temperatures of its sensor,
// drawn from by habit of the category, cooled by a circulation loop, and
// heated through once a week.
//
// # Time
//
// History is made in steps of a quarter-hour, a live building in steps of a
// second ([Building.Finer]): what weather and people bring is the same for
// both, kept for each quarter-hour, so that they agree: a winter day's gas
// within 1 %, the room within 0.2 K. Any instant can be asked in any order
// with the same answer to the last bit. On processors that round differently
// (fused multiply-add) a year agrees to a billionth.
package building
