package config

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

func BenchmarkParseSite(b *testing.B) {
	data, err := os.ReadFile("testdata/good/sites/home.yaml")
	require.NoError(b, err)
	cat, err := catalogue.Load()
	require.NoError(b, err)
	profiles, err := profile.Library()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		parseSite("sites/home.yaml", data, cat, profiles)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := Load("testdata/good")
		require.NoError(b, err)
	}
}
