// Draws a dashboard's file with Grafana's own components and the data source's
// real answers, to be photographed and looked at where no Grafana runs. Kinds
// of panels that only Grafana itself has are drawn as the table of their data.
import {
  applyFieldOverrides,
  createTheme,
  DataFrame,
  dataFrameFromJSON,
  DataFrameJSON,
  FieldConfigOptionsRegistry,
  fieldMatchers,
  FieldMatcherID,
  FieldType,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  identityOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  systemDateFormats,
  textUtil,
  ThemeContext,
  transformDataFrame,
} from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, LegendDisplayMode, PanelChrome, Table, TimeSeries, VizRepeater } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

interface Panel {
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: any;
  options: any;
  transformations?: any[];
}

interface Answer {
  frames?: DataFrameJSON[];
  error?: string;
  range: { from: number; to: number };
}

declare global {
  interface Window {
    dashboard: { title: string; timezone: string; panels: Panel[] };
    answers: Answer[];
    drawn: boolean;
  }
}

systemDateFormats.useBrowserLocale(); // as docs/grafana.md asks of Grafana
const theme = createTheme({ colors: { mode: 'light' } });
const cell = { w: 1920 / 24, h: 38 };
const replace = (text: string, scoped?: any) =>
  (text ?? '').replace(/\$\{__data\.fields\.(\w+)\}/g, (_, name) => fieldText(scoped, name));

function fieldText(scoped: any, name: string): string {
  const { frame, rowIndex } = scoped?.__dataContext?.value ?? {};
  const field = frame?.fields.find((f: any) => f.name === name);
  return String(field?.values[rowIndex ?? 0] ?? '');
}

const registry = new FieldConfigOptionsRegistry(() => {
  const plain = ['unit', 'decimals', 'min', 'max', 'noValue', 'displayName', 'color', 'mappings', 'thresholds', 'links'];
  const own = ['width', 'align', 'cellOptions', 'lineWidth', 'lineStyle', 'fillOpacity', 'fillBelowTo', 'hideFrom', 'drawStyle', 'axisLabel', 'axisPlacement', 'spanNulls', 'showPoints', 'lineInterpolation', 'pointSize', 'stacking', 'filterable', 'hidden'];
  const item = (id: string, isCustom: boolean) => ({ id: isCustom ? `custom.${id}` : id, path: id, name: id, isCustom, process: identityOverrideProcessor, shouldApply: (f: any) => id !== 'axisLabel' || f.type === FieldType.number, override: () => null, editor: () => null }) as any;
  return [...plain.map((id) => item(id, false)), ...own.map((id) => item(id, true))];
});

standardTransformersRegistry.setInit(() =>
  // Some of them stand there under two names.
  [...new Map(Object.values(standardTransformers).map((t: any) => [t.id, t])).values()].map((t: any) => ({ id: t.id, name: t.name, transformation: t, editor: () => null }) as any)
);

async function prepare(panel: Panel, answer: Answer): Promise<DataFrame[]> {
  let frames = (answer.frames ?? []).map((f) => dataFrameFromJSON(f));
  if (panel.transformations?.length) {
    frames = await new Promise((done, failed) =>
      transformDataFrame(panel.transformations as any, frames, { interpolate: replace } as any).subscribe({ next: done, error: failed })
    );
  }
  return applyFieldOverrides({ data: frames, fieldConfig: panel.fieldConfig, replaceVariables: replace as any, theme, timeZone: window.dashboard.timezone, fieldConfigRegistry: registry });
}

function Picture({ panel, answer }: { panel: Panel; answer: Answer }) {
  const [frames, setFrames] = useState<DataFrame[] | undefined>();
  useEffect(() => {
    prepare(panel, answer).then(setFrames, (err) => setFrames([{ fields: [], length: 0, name: String(err) } as any]));
  }, [panel, answer]);
  const width = panel.gridPos.w * cell.w - 8;
  const height = panel.gridPos.h * cell.h - 8;
  if (panel.type === 'text') {
    return <div style={{ width, height, padding: '0 8px' }} dangerouslySetInnerHTML={{ __html: textUtil.sanitizeTextPanelContent(panel.options.content) }} />;
  }
  if (panel.type === 'row') {
    return <h3>{panel.title}</h3>;
  }
  return (
    <PanelChrome title={panel.title} hoverHeader={!panel.title} width={width} height={height} padding="none">
      {(w, h) => (frames ? draw(panel, answer, frames, w, h) : <></>)}
    </PanelChrome>
  );
}

function draw(panel: Panel, answer: Answer, frames: DataFrame[], width: number, height: number) {
  if (frames.length === 1 && frames[0].fields.length === 0 && frames[0].name) {
    return <div style={{ padding: 16, color: theme.colors.error.text }}>{frames[0].name}</div>;
  }
  // An error is a sign at the panel's corner: the panel itself is drawn with what came.
  switch (panel.type) {
    case 'stat':
    case 'bargauge':
      return <Values panel={panel} frames={frames} width={width} height={height} />;
    case 'trend':
    case 'timeseries':
      return <Curves panel={panel} range={answer.range} frames={frames} width={width} height={height} />;
    default:
      return frames[0] ? <Table data={frames[0]} width={width} height={height} showTypeIcons={false} fieldConfig={panel.fieldConfig} /> : <div style={{ padding: 16 }}>{panel.fieldConfig.defaults.noValue}</div>;
  }
}

function Values({ panel, frames, width, height }: { panel: Panel; frames: DataFrame[]; width: number; height: number }) {
  const values = () =>
    getFieldDisplayValues({ fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: replace as any, theme, data: frames, timeZone: window.dashboard.timezone } as any);
  const { options } = panel;
  return (
    <VizRepeater
      source={frames}
      getValues={values}
      renderCounter={0}
      getAlignmentFactors={(all: any[]) => getDisplayValueAlignmentFactors(all.map((v) => v.display ? v : { display: v }) as any)}
      width={width}
      height={height}
      orientation={options.orientation}
      autoGrid={panel.type === 'stat'}
      itemSpacing={4}
      minVizHeight={options.minVizHeight ?? 0}
      maxVizHeight={options.maxVizHeight}
      renderValue={({ value: v, width: w, height: h, count, alignmentFactors }: any) =>
        panel.type === 'stat' ? (
          <BigValue value={v.display} count={count} width={w} height={h} theme={theme} text={options.text} colorMode={options.colorMode} graphMode={options.graphMode} justifyMode={options.justifyMode} textMode={options.textMode} disableWideLayout={!options.wideLayout} alignmentFactors={alignmentFactors} />
        ) : (
          <BarGauge value={v.display} field={v.field} display={v.view?.getFieldDisplayProcessor(v.colIndex)} width={w} height={h} theme={theme} text={options.text} displayMode={options.displayMode} orientation={options.orientation} showUnfilled={false} valueDisplayMode={options.valueMode} namePlacement={options.namePlacement} alignmentFactors={alignmentFactors} />
        )
      }
    />
  );
}

function Curves({ panel, range, frames, width, height }: { panel: Panel; range: Answer['range']; frames: DataFrame[]; width: number; height: number }) {
  const along = panel.options.xField; // of a trend: time otherwise
  const drawable = frames.filter((f) => f.fields.some((x) => (along ? x.name === along : x.type === FieldType.time)) && f.length > 0);
  if (drawable.length === 0) {
    return <div style={{ padding: 16 }}>{panel.fieldConfig.defaults.noValue}</div>;
  }
  return (
    <TimeSeries
      frames={drawable}
      {...(along && { fields: { x: fieldMatchers.get(FieldMatcherID.byName).get(along), y: fieldMatchers.get(FieldMatcherID.numeric).get({}) } })}
      structureRev={1}
      timeRange={{ from: time(range.from), to: time(range.to), raw: { from: '', to: '' } } as any}
      timeZone={window.dashboard.timezone}
      width={width}
      height={height}
      legend={{ displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true, calcs: [], ...panel.options.legend }}
      options={{}}
    />
  );
}

const time = (ms: number) => ({ valueOf: () => ms }) as any;

function Page() {
  const { dashboard, answers } = window;
  useEffect(() => {
    const t = setTimeout(() => (window.drawn = true), 1500);
    return () => clearTimeout(t);
  }, []);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ position: 'relative', background: theme.colors.background.canvas, height: cell.h * Math.max(...dashboard.panels.map((p) => p.gridPos.y + p.gridPos.h)) }}>
        {dashboard.panels.map((p, i) => (
          <div key={i} style={{ position: 'absolute', left: p.gridPos.x * cell.w + 4, top: p.gridPos.y * cell.h + 4 }}>
            <Picture panel={p} answer={answers[i]} />
          </div>
        ))}
      </div>
    </ThemeContext.Provider>
  );
}

createRoot(document.getElementById('root')!).render(<Page />);
