// Package modem sends SMS through a GSM or LTE modem on a serial line, with
// the AT commands of 3GPP TS 27.005 and 27.007, and receives the answers.
//
// It is the second way to a telephone, which needs neither the local network
// nor a provider. Messages go in PDU mode as UCS-2 (3GPP TS 23.040), so that
// accents arrive; longer ones go in parts that the telephone joins.
package modem
