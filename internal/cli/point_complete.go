package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
)

func (t *pointTool) sites() []string {
	var out []string
	for _, s := range t.config.Sites {
		out = append(out, string(s.ID))
	}
	return out
}

// points lists the points that the Modbus devices of a site give, as
// site/equipment/point.
func (t *pointTool) points(s *config.Site) []string {
	var out []string
	add := func(equipment, point string) { out = append(out, string(s.ID)+"/"+equipment+"/"+point) }
	for _, d := range s.Devices {
		p := t.config.Profiles[d.Profile]
		if p == nil {
			continue
		}
		for _, r := range p.Registers {
			if id, ok := d.Equipment[r.Slot]; ok {
				add(string(id), string(r.Point))
			}
		}
		for _, c := range d.Contacts {
			add(string(c.Equipment), string(c.Point))
		}
	}
	return out
}

// complete offers sites, then equipment, then points.
func (t *pointTool) complete(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const nothing = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, nothing
	}
	var err error
	if t.config, err = config.Load(t.dir); err != nil {
		return nil, nothing
	}
	if t.cat, err = catalogue.Load(); err != nil {
		return nil, nothing
	}
	depth := strings.Count(typed, "/")
	seen := map[string]bool{}
	var out []string
	for _, s := range t.config.Sites {
		if depth > 0 && !strings.HasPrefix(typed, string(s.ID)+"/") {
			continue
		}
		for _, name := range t.points(s) {
			parts := strings.SplitAfter(name, "/")
			offer := strings.Join(parts[:min(depth+1, len(parts))], "")
			if seen[offer] || !strings.HasPrefix(offer, typed) || cmd.Name() == "write" && !t.writable(s, name) {
				continue
			}
			seen[offer] = true
			out = append(out, offer)
		}
	}
	slices.Sort(out)
	if depth < 2 {
		return out, nothing | cobra.ShellCompDirectiveNoSpace
	}
	return out, nothing
}

// writable reports whether a point may be written.
func (t *pointTool) writable(s *config.Site, name string) bool {
	parts := strings.Split(name, "/")
	target, err := t.config.Target(t.cat, s, gtc.EquipmentID(parts[1]), gtc.PointID(parts[2]))
	return err == nil && target.Refuse() == ""
}
