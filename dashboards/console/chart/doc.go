// Package chart draws the console's charts as SVG: time on x with gaps left
// open, a band under the line, marks for onset and detection, the name of a
// line at its end, and a sentence as alternative text. It draws and nothing
// else: no clock, no I/O, no colours (classes name roles, the style sheet
// gives them colours for light and dark).
package chart
