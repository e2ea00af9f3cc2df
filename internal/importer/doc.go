// Package importer reads what others counted into the history of a meter:
// index readings written down by hand, consumption by interval as the grid
// operator hands it out, and invoices, from CSV and XLSX.
//
//	file ─▶ Open ─▶ sheet ─▶ detect (profile) ─▶ Parse ─▶ Batch ─▶ Plan ─▶ Store.Write ─▶ InfluxDB
//	        encoding        columns, units,       rows,    hours,   against what
//	        delimiter       decimal, kind         mistakes  days     is there
//
// Everything up to the plan is pure. Nothing is guessed in silence: what was
// detected is in the notes of the report, a row that is not taken is a mistake
// with its place, and importing a file twice changes nothing.
//
// # What enters a baseline
//
// An interval that was measured counts with its coverage. What was spread over
// several days (an invoice, a manual reading a month) and what the operator
// estimated has coverage 0 in the part concerned: its total is known, its
// course is not, and no baseline is fitted on it.
//
// The files are described in docs/formats/import.md.
package importer
