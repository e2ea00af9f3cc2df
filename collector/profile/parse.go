package profile

import (
	"embed"
	"fmt"
	"path"

	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

//go:embed library/*.yaml
var library embed.FS

// Library returns the shipped profiles by id.
func Library() (map[string]*Profile, error) {
	entries, err := library.ReadDir("library")
	if err != nil {
		return nil, fmt.Errorf("read the profile library: %w", err)
	}
	profiles := make(map[string]*Profile, len(entries))
	for _, e := range entries {
		data, err := library.ReadFile(path.Join("library", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the profile library: %w", err)
		}
		p, mistakes := Parse(e.Name(), data)
		if len(mistakes) > 0 {
			return nil, fmt.Errorf("read the profile library: %w", mistakes)
		}
		if profiles[p.ID] != nil {
			return nil, fmt.Errorf("read the profile library: %s: profile %s is there twice", e.Name(), p.ID)
		}
		profiles[p.ID] = p
	}
	return profiles, nil
}

// Parse reads one profile and checks all that can be checked without the
// point catalogue (see Check). The profile is what could be read of it when
// there are mistakes.
func Parse(file string, data []byte) (*Profile, strict.Mistakes) {
	p := &Profile{}
	doc, mistakes := strict.Decode(file, data, p)
	p.doc = doc
	p.fill()
	c := &checker{p: p}
	c.profile()
	mistakes = append(mistakes, c.mistakes...)
	mistakes.Sort()
	return p, mistakes
}

// fill copies the device's defaults into the registers that say nothing.
func (p *Profile) fill() {
	for i := range p.Registers {
		r := &p.Registers[i]
		if r.ByteOrder == "" {
			r.ByteOrder = p.Modbus.ByteOrder
		}
		if r.Absent == nil && r.Bit == nil && r.Mask == 0 {
			r.Absent = p.Modbus.Absent[r.Type]
		}
	}
	for i := range p.Topics {
		p.Topics[i].plan = newPlan(&p.Topics[i])
	}
	for i := range p.Identify {
		if p.Identify[i].ByteOrder == "" {
			p.Identify[i].ByteOrder = p.Modbus.ByteOrder
		}
	}
}
