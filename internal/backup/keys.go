package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// Recipients are those who can read a backup: age public keys (age1…), or who
// knows the passphrase in a file. age lets a passphrase stand alone only.
func Recipients(keys []string, passphraseFile string) ([]age.Recipient, error) {
	if passphraseFile != "" {
		if len(keys) > 0 {
			return nil, errors.New("give recipients or a passphrase, not both")
		}
		phrase, err := readPhrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(phrase)
		if err != nil {
			return nil, fmt.Errorf("passphrase: %w", err)
		}
		return []age.Recipient{r}, nil
	}
	var out []age.Recipient
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(k))
		if err != nil {
			return nil, fmt.Errorf("recipient %q: %w", k, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Identities are the keys that open a backup: a file of age secret keys, or
// one with the passphrase.
func Identities(identityFile, passphraseFile string) ([]age.Identity, error) {
	switch {
	case identityFile != "":
		f, err := os.Open(identityFile)
		if err != nil {
			return nil, fmt.Errorf("identity: %w", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		ids, err := age.ParseIdentities(f)
		if err != nil {
			return nil, fmt.Errorf("identity %s: %w", identityFile, err)
		}
		return ids, nil
	case passphraseFile != "":
		phrase, err := readPhrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		id, err := age.NewScryptIdentity(phrase)
		if err != nil {
			return nil, fmt.Errorf("passphrase: %w", err)
		}
		return []age.Identity{id}, nil
	}
	return nil, nil
}

func readPhrase(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("passphrase: %w", err)
	}
	phrase := strings.TrimRight(string(data), "\r\n")
	if phrase == "" {
		return "", fmt.Errorf("passphrase %s: the file is empty", path)
	}
	return phrase, nil
}
