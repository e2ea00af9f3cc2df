package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

func sample(p gtc.PointID, at time.Time, v gtc.Value) gtc.Sample {
	return gtc.Sample{
		Series: gtc.Series{Site: "mr-test", Kind: "boiler", Equipment: "b1", Point: p},
		At:     at, Value: v, Quality: gtc.QualityGood,
	}
}

func TestParseLinesIsTheInverseOfTheEncoder(t *testing.T) {
	at := time.UnixMilli(1_750_000_000_123).UTC()
	in := []gtc.Sample{
		sample("flow_temp", at, gtc.Float(61.25)),
		sample("burner_run", at, gtc.Bool(false)),
		sample("state", at, gtc.Enum(3)),
		sample("flow_temp", at.Add(time.Second), gtc.Float(0)),
	}
	got, err := parseLines("mr-test", influx.AppendSamples(nil, in))
	require.NoError(t, err)
	require.Equal(t, in, got)

	lost := sample("flow_temp", at, gtc.Value{})
	lost.Quality = gtc.QualityCommLost
	got, err = parseLines("mr-test", influx.AppendQuality(nil, lost))
	require.NoError(t, err)
	lost.Kind = ""
	require.Equal(t, []gtc.Sample{lost}, got)
}

func TestParseLinesLeavesOutWhatIsNotTheSites(t *testing.T) {
	got, err := parseLines("other", []byte("boiler,equipment=b1,site=mr-test flow_temp=1 1\ncollector,device=d,site=other polls=1 1\nboiler,equipment=b1,site=other flow_temp=2 1\n"))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, gtc.SiteID("other"), got[0].Site)

	got, err = parseLines("mr-test", []byte("boiler,equipment=b1,site=mr-test flow_temp=1 1\nrubbish\n"))
	require.Error(t, err)
	require.Len(t, got, 1, "what was understood before is kept")
}

func TestLiveKeepsTheNewest(t *testing.T) {
	at := time.UnixMilli(1_750_000_000_000).UTC()
	l := newLive()
	require.Len(t, l.observe("mr-test", []gtc.Sample{sample("flow_temp", at, gtc.Float(60))}), 1)
	require.Empty(t, l.observe("mr-test", []gtc.Sample{sample("flow_temp", at, gtc.Float(60))}), "the other copy")
	require.Empty(t, l.observe("mr-test", []gtc.Sample{sample("flow_temp", at.Add(-time.Second), gtc.Float(50))}), "late")

	lost := sample("flow_temp", at.Add(time.Second), gtc.Value{})
	lost.Kind, lost.Quality = "", gtc.QualityCommLost
	news := l.observe("mr-test", []gtc.Sample{lost})
	require.Len(t, news, 1)
	require.Equal(t, gtc.Kind("boiler"), news[0].Kind)
	st, ok := l.point("mr-test", "b1", "flow_temp")
	require.True(t, ok)
	require.Equal(t, gtc.QualityCommLost, st.quality)
	require.InDelta(t, 60, st.value.Num, 0, "the last good value stays, with its own time")
	require.Equal(t, at, st.at)

	l.observe("mr-test", []gtc.Sample{sample("flow_temp", at.Add(2*time.Second), gtc.Float(61))})
	st, _ = l.point("mr-test", "b1", "flow_temp")
	require.Equal(t, gtc.QualityGood, st.quality)
	require.Equal(t, at.Add(2*time.Second), l.lastSample("mr-test"))
}
