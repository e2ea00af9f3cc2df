package cli

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKioskRefusesWhatCannotBeShown(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--every", "5s"}, "shown for 15s or longer"},
		{[]string{"--time-zone", "Europe/Charleroi"}, "--time-zone"},
		{[]string{"--browser", "/nulle/part"}, "--browser"},
		{[]string{"--browser", "/bin/sh", "--night", "21h-6h"}, "--night"},
		{[]string{"--browser", "/bin/sh", "--night", "25-6"}, "--night"},
		{[]string{"--browser", "/bin/sh", "--hub", "https://gtc.example.be", "--token-file", "/nulle/part"}, "--token-file"},
	} {
		var out, errs bytes.Buffer
		code := Run(t.Context(), Env{Args: append([]string{"kiosk"}, c.args...), Getenv: func(string) string { return "" }, Stdout: &out, Stderr: &errs})
		assert.Equal(t, 1, code, c.args)
		assert.Contains(t, errs.String(), c.says)
	}
}
