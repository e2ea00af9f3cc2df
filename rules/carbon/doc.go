// Package carbon counts emissions from kWh, holds them against the path of the
// sustainable energy and climate action plan (PAEDC: −40 % by 2030 from a
// reference year) and ranks buildings by their heating per square metre.
//
// Nothing here is stored: every figure is made at reading from kWh and dated
// factors, so that a corrected factor corrects the past, and the figure of an
// earlier state of knowledge can be made again ([Plan.Known]). What is not
// known is said ([Gap]) and is never 0; a part of a year is marked and never
// scaled up to a year.
//
// Formulas: CO2 = Σ kWh_PCS(day) × factor(day), factor per PCS = factor per
// PCI × PCI/PCS; normal climate = base + (C − base) × DJ normal/DJ observed,
// base from the days without degree-days; straight path R × (1 − 40 % ×
// (y − y0)/(2030 − y0)); EED 2023/1791 article 5: final energy of 2021 × (1 −
// 1.9 % × (y − 2021)).
package carbon
