package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"sync"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// TestLogFromManyGoroutines writes to a log that cannot take two lines at a
// time: every line is whole.
func TestLogFromManyGoroutines(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{}
	cmd.Flags().String("log", "info", "")
	var out bytes.Buffer
	log, err := newLog(cmd, &out)
	require.NoError(t, err)
	const writers, lines = 4, 200
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for line := range lines {
				log.Info().Int("writer", writer).Int("line", line).Msg("a line")
			}
		})
	}
	all.Wait()

	next := map[int]int{}
	read := bufio.NewScanner(&out)
	for read.Scan() {
		var got struct{ Writer, Line int }
		require.NoError(t, json.Unmarshal(read.Bytes(), &got), read.Text())
		require.Equal(t, next[got.Writer], got.Line)
		next[got.Writer]++
	}
	require.NoError(t, read.Err())
	for writer := range writers {
		require.Equal(t, lines, next[writer])
	}
}
