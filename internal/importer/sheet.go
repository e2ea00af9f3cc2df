package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/cpas-charleroi/gtc/rules/energy"
)

// Mistake is something wrong in a file, at a line (or row) and a column, both
// counted from 1. The column is that of a spreadsheet, not of the text.
type Mistake = energy.Mistake

// Bounds of what is read: a year of quarters is 35 040 rows, 1.5 MB.
const (
	// MaxBytes is the largest file that is read.
	MaxBytes = 256 << 20
	maxRows  = 3_000_000
)

// line is one row of a file with its number, from 1.
type line struct {
	number int
	cells  []string
}

// cell returns a cell without spaces about it, "" where the row is shorter.
func (l line) cell(i int) string {
	if i < 0 || i >= len(l.cells) {
		return ""
	}
	return strings.Trim(l.cells[i], " \t\u00a0\u202f")
}

func (l line) empty() bool {
	for i := range l.cells {
		if l.cell(i) != "" {
			return false
		}
	}
	return true
}

// sheet is a table as read: text, not yet understood.
type sheet struct {
	file  string
	name  string
	lines []line
	// excel says that the table comes from a spreadsheet: numbers have a point
	// and dates are numbers.
	excel bool
	// date1904 says from where a spreadsheet counts its days.
	date1904            bool
	encoding, delimiter string
}

// sheets reads a file into its tables: one for a text, one a sheet for XLSX.
func sheets(file string, data []byte, p Profile) ([]sheet, error) {
	if len(data) > MaxBytes {
		return nil, Mistake{File: file, Line: 1, Col: 1, What: fmt.Sprintf("le fichier dépasse %d Mo", MaxBytes>>20)}
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return workbook(file, data, p)
	}
	if bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}) {
		return nil, Mistake{File: file, Line: 1, Col: 1, What: "ancien format Excel (.xls) : enregistrez le classeur en .xlsx ou en .csv"}
	}
	s, err := readText(file, data, p)
	if err != nil {
		return nil, err
	}
	return []sheet{s}, nil
}

func readText(file string, data []byte, p Profile) (sheet, error) {
	text, used, err := decode(data, p.Encoding)
	if err != nil {
		return sheet{}, Mistake{File: file, Line: 1, Col: 1, What: err.Error()}
	}
	d := guessDelimiter(text)
	if p.Delimiter != "" {
		d = []rune(strings.NewReplacer(`\t`, "\t", "tab", "\t").Replace(p.Delimiter))[0]
	}
	s := sheet{file: file, encoding: used, delimiter: string(d)}
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.FieldsPerRecord, c.LazyQuotes = d, -1, true
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				return s, Mistake{File: file, Line: pe.Line, Col: 1, What: "ligne illisible : " + pe.Err.Error()}
			}
			return s, Mistake{File: file, Line: 1, Col: 1, What: err.Error()}
		}
		number, _ := c.FieldPos(0)
		s.lines = append(s.lines, line{number, record})
		if len(s.lines) > maxRows {
			return s, Mistake{File: file, Line: number, Col: 1, What: fmt.Sprintf("plus de %d lignes : partagez le fichier", maxRows)}
		}
	}
}

// workbook reads the sheets of a spreadsheet, or the one that the profile names.
func workbook(file string, data []byte, p Profile) ([]sheet, error) {
	wrong := func(what string) error { return Mistake{File: file, Line: 1, Col: 1, What: what} }
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: 2 * MaxBytes, UnzipXMLSizeLimit: 2 * MaxBytes})
	if err != nil {
		return nil, wrong("classeur illisible : " + err.Error())
	}
	defer f.Close() //nolint:errcheck // temporary files of a read-only workbook
	names := f.GetSheetList()
	if p.Sheet != "" {
		names = []string{p.Sheet}
	}
	base := false
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		base = *props.Date1904
	}
	var out []sheet
	for _, name := range names {
		s, err := worksheet(f, name)
		if err != nil {
			return nil, wrong(fmt.Sprintf("feuille %q : %v", name, err))
		}
		s.file, s.name, s.excel, s.date1904 = file, name, true, base
		out = append(out, s)
	}
	return out, nil
}

func worksheet(f *excelize.File, name string) (s sheet, err error) {
	rows, err := f.Rows(name)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return s, err
		}
		s.lines = append(s.lines, line{n, cells})
		if n > maxRows {
			return s, fmt.Errorf("plus de %d lignes : partagez le fichier", maxRows)
		}
	}
	return s, rows.Error()
}
