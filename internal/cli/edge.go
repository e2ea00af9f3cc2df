package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/atomicfile"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// revokedPrefix begins the file of a revoked site; a random rest makes it a
// password that nobody has.
const revokedPrefix = "revoked-"

// edgeTool is one run of gtc edge.
type edgeTool struct {
	env    Env
	dir    string
	asJSON bool
	out    string
	renew  bool

	config *config.Config
}

func newEdgeCommand(env Env) *cobra.Command {
	t := &edgeTool{env: env}
	cmd := &cobra.Command{
		Use:   "edge",
		Short: "Enrôle, révoque et liste les boîtiers des sites",
	}
	cmd.PersistentFlags().StringVar(&t.dir, "config", ".", "configuration folder of the hub")
	cmd.PersistentFlags().BoolVar(&t.asJSON, "json", false, "print JSON")
	enrol := &cobra.Command{
		Use:   "enrol SITE",
		Short: "Crée le mot de passe d'un site et le fichier unique de son boîtier",
		Long: `Makes a site's password at the hub (in bus.credentials_dir) and one file with all
that its edge needs: the site's file, the profiles it uses, the hub's authority
(bus.ca_file) and the password. Bring it to the edge and start there

    gtc collect --bundle FILE

A running hub takes the password over within seconds. An enrolled site is
enrolled again with --renew only: its present edge is then locked out.`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: t.complete,
		RunE: func(_ *cobra.Command, args []string) error { return t.enrol(gtc.SiteID(args[0])) },
	}
	enrol.Flags().StringVar(&t.out, "out", "", "the file to write (default SITE.edge.tar.gz)")
	enrol.Flags().BoolVar(&t.renew, "renew", false, "replace the password and the file of an enrolled site")
	revoke := &cobra.Command{
		Use:   "revoke SITE",
		Short: "Révoque le boîtier d'un site (volé, perdu)",
		Long: `Replaces a site's password by one that nobody has. A running hub disconnects the
edge within seconds and refuses it from then on; other sites are not touched.
A new box gets its file with gtc edge enrol.`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: t.complete,
		RunE: func(_ *cobra.Command, args []string) error { return t.revoke(gtc.SiteID(args[0])) },
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "Liste les sites : enrôlé, révoqué, relié",
		Long:  "Lists the sites with the state of their password and, when the hub's console answers, whether their edge is linked.",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return t.list(cmd.Context()) },
	}
	cmd.AddCommand(enrol, revoke, list)
	return cmd
}

// load reads the configuration and finds the place of the passwords.
func (t *edgeTool) load() error {
	var err error
	if t.config, err = config.Load(t.dir); err != nil {
		return inputError(err)
	}
	if t.config.Hub.Bus.CredentialsDir == "" {
		return inputError(errors.New("gtc.yaml: bus.credentials_dir is missing: the folder of the sites' passwords"))
	}
	return nil
}

func (t *edgeTool) find(id gtc.SiteID) (*config.Site, error) {
	if err := t.load(); err != nil {
		return nil, err
	}
	s, ok := t.config.Site(id)
	if !ok {
		var ids []string
		for _, s := range t.config.Sites {
			ids = append(ids, string(s.ID))
		}
		return nil, inputError(withHint(fmt.Sprintf("there is no site %q", id), string(id), ids))
	}
	return s, nil
}

// complete offers the sites.
func (t *edgeTool) complete(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var out []string
	if len(args) > 0 || t.load() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, s := range t.config.Sites {
		if strings.HasPrefix(string(s.ID), typed) {
			out = append(out, string(s.ID))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// The states of a site's password.
const (
	notEnrolled = "not_enrolled"
	enrolled    = "enrolled"
	revoked     = "revoked"
)

// credential is a site's password file.
type credential struct {
	file  string
	state string
	since time.Time
}

func credentialOf(cfg *config.Config, id gtc.SiteID) (credential, error) {
	c := credential{file: filepath.Join(cfg.Hub.Bus.CredentialsDir, string(id)), state: notEnrolled}
	info, err := os.Stat(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, inputError(fmt.Errorf("look at password of site %s: %w", id, err))
	}
	text, err := config.Secret(nil, "", c.file)
	if err != nil {
		return c, inputError(fmt.Errorf("site %s: %w", id, err))
	}
	c.state, c.since = enrolled, info.ModTime().UTC()
	if strings.HasPrefix(text, revokedPrefix) {
		c.state = revoked
	}
	return c, nil
}

// set replaces the password.
func (c credential) set(password string) error {
	if err := os.MkdirAll(filepath.Dir(c.file), 0o700); err != nil {
		return fmt.Errorf("keep password: %w", err)
	}
	if err := atomicfile.Write(c.file, []byte(password+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep password: %w", err)
	}
	return nil
}

// newPassword returns 256 random bits.
func newPassword() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (t *edgeTool) revoke(id gtc.SiteID) error {
	// A site whose file is gone is revoked too.
	if err := t.load(); err != nil {
		return err
	}
	c, err := credentialOf(t.config, id)
	if err != nil {
		return err
	}
	switch c.state {
	case notEnrolled:
		_, err := t.find(id)
		if err == nil {
			err = inputError(fmt.Errorf("site %s is not enrolled", id))
		}
		return err
	case enrolled:
		if err := c.set(revokedPrefix + newPassword()); err != nil {
			return err
		}
	}
	if t.asJSON {
		return json.NewEncoder(t.env.Stdout).Encode(map[string]any{"site": id, "state": revoked})
	}
	_, err = fmt.Fprintf(t.env.Stdout, "%s : révoqué. Le centre déconnecte ce boîtier dans les secondes qui suivent.\n", id)
	return err
}

// edgeState is one row of gtc edge list.
type edgeState struct {
	Site  gtc.SiteID `json:"site"`
	State string     `json:"state"`
	Since time.Time  `json:"since,omitzero"`
	// Linked is nil when the hub does not answer.
	Linked  *bool  `json:"linked,omitempty"`
	Backlog uint64 `json:"backlog,omitempty"`
}

func (t *edgeTool) list(ctx context.Context) error {
	if err := t.load(); err != nil {
		return err
	}
	rows := make([]edgeState, 0, len(t.config.Sites))
	park, err := askPark(ctx, t.config.Hub.Console.Listen, t.env.Getenv("GTC_API_TOKEN"))
	if err != nil && !t.asJSON {
		_, _ = fmt.Fprintln(t.env.Stderr, "le centre ne répond pas :", err)
	}
	for _, s := range t.config.Sites {
		c, err := credentialOf(t.config, s.ID)
		if err != nil {
			return err
		}
		row := edgeState{Site: s.ID, State: c.state, Since: c.since}
		if known, ok := park[s.ID]; ok {
			row.Linked, row.Backlog = &known.Linked, known.Backlog
		}
		rows = append(rows, row)
	}
	if t.asJSON {
		return writeJSON(t.env.Stdout, rows)
	}
	return t.printList(rows)
}

func (t *edgeTool) printList(rows []edgeState) error {
	states := map[string]string{notEnrolled: "non enrôlé", enrolled: "enrôlé", revoked: "révoqué"}
	w := tabwriter.NewWriter(t.env.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SITE\tÉTAT\tDEPUIS\tRELIÉ\tEN ATTENTE")
	for _, r := range rows {
		since, linked := "", "?"
		if !r.Since.IsZero() {
			since = r.Since.Local().Format("2006-01-02 15:04")
		}
		if r.Linked != nil {
			linked = map[bool]string{true: "oui", false: "non"}[*r.Linked]
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", r.Site, states[r.State], since, linked, r.Backlog)
	}
	return w.Flush()
}

// askPark asks the hub's console what is linked, with a service token where the
// console asks for one.
func askPark(ctx context.Context, listen, token string) (map[gtc.SiteID]console.SiteSummary, error) {
	if listen == "" {
		listen = defaultConsole
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/api/v1/park", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask the console: %w", err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the console: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, fmt.Errorf("ask the console at %s: %s: GTC_API_TOKEN is to be a service token (gtc token create)", listen, resp.Status)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the console at %s: %s", listen, resp.Status)
	}
	var park console.Park
	if err := json.NewDecoder(resp.Body).Decode(&park); err != nil {
		return nil, fmt.Errorf("ask the console at %s: %w", listen, err)
	}
	out := map[gtc.SiteID]console.SiteSummary{}
	for _, s := range park.Sites {
		out[s.ID] = s
	}
	return out, nil
}
