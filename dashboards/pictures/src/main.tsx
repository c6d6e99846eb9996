// Draws one board from live data with Grafana's own panel components: ?board=URL&prometheus=URL&theme=light&set=namespace=shop
import { createRoot } from 'react-dom/client';
import { useEffect, useState } from 'react';
import { createTheme, FieldType, getDisplayProcessor, ThemeContext, toDataFrame } from '@grafana/data';
import { VizOrientation } from '@grafana/data';
import {
  BarGauge,
  BarGaugeDisplayMode,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  PanelChrome,
  TimeSeries,
} from '@grafana/ui';

const query = new URLSearchParams(location.search);
const theme = createTheme({ colors: { mode: query.get('theme') === 'dark' ? 'dark' : 'light' } });
const prometheus = query.get('prometheus');
document.head.insertAdjacentHTML(
  'beforeend',
  '<style>button{color:inherit;background:none;border:0;font:inherit}</style>',
);
document.body.style.cssText = `margin:0;background:${theme.colors.background.canvas};font-family:Inter,Helvetica,Arial,sans-serif;color:${theme.colors.text.primary}`;
const WIDTH = 1400,
  GAP = 8,
  CELL = (WIDTH + GAP) / 24,
  UNIT = 38;
const end = Math.floor(Number(query.get('end') || Date.now() / 1000) / 5) * 5000,
  span = Number(query.get('minutes') ?? 10) * 60000,
  STEP = 5;

async function ask(path, args) {
  const answer = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(args)}`);
  return (await answer.json()).data.result;
}
const name = (legend, metric) => legend.replace(/{{(\w+)}}/g, (_, label) => metric[label] ?? '');
const matches = (matcher, field) =>
  matcher.id === 'byName'
    ? field.config.displayName === matcher.options || field.name === matcher.options
    : new RegExp(matcher.options.replace(/^\/|\/$/g, '')).test(field.config.displayName ?? field.name);

function configured(panel, frame) {
  for (const field of frame.fields) {
    if (field.type === FieldType.time) continue;
    // A label has no unit and is not judged; it may be coloured by its value.
    if (field.type === FieldType.number) {
      field.config = { ...structuredClone(panel.fieldConfig.defaults), ...field.config };
      field.config.thresholds.steps[0].value = -Infinity;
    }
    for (const { matcher, properties } of panel.fieldConfig.overrides) {
      if (!matches(matcher, field)) continue;
      for (const { id, value } of properties) {
        if (id.startsWith('custom.')) field.config.custom = { ...field.config.custom, [id.slice(7)]: value };
        else field.config[id] = value;
      }
    }
    field.display = getDisplayProcessor({ field, theme });
  }
  return frame;
}

function useFrames(panel, set) {
  const [frames, show] = useState(null);
  useEffect(() => {
    (async () => {
      const all = [];
      for (const target of panel.targets ?? []) {
        let expr = target.expr.replaceAll('$__rate_interval', query.get('window') ?? '1m');
        for (const [key, value] of Object.entries(set)) expr = expr.replaceAll('$' + key, value);
        const result = target.range
          ? await ask('query_range', { query: expr, start: (end - span) / 1000, end: end / 1000, step: STEP })
          : await ask('query', { query: expr, time: end / 1000 });
        all.push({ target, result });
      }
      show(all);
    })();
  }, []);
  return frames;
}

function Lines({ panel, data, width, height }) {
  const byTime = new Map();
  const series = data.flatMap(({ target, result }) =>
    result.map((one) => ({ label: name(target.legendFormat, one.metric), values: one.values })),
  );
  if (!series.length) return <Empty panel={panel} />;
  series.forEach((one, at) =>
    one.values.forEach(([time, value]) => {
      const row = byTime.get(time) ?? Array(series.length).fill(null);
      row[at] = Number(value);
      byTime.set(time, row);
    }),
  );
  // Every step has a row: a step without a sample is a gap, not a line across it.
  const first = Math.min(...byTime.keys()),
    last = Math.max(...byTime.keys());
  const times = Array.from({ length: (last - first) / STEP + 1 }, (_, at) => first + at * STEP);
  const frame = configured(
    panel,
    toDataFrame({
      fields: [
        { name: 'time', type: FieldType.time, values: times.map((t) => t * 1000), config: {} },
        ...series.map((one, at) => ({
          name: one.label,
          type: FieldType.number,
          values: times.map((t) => byTime.get(t)?.[at] ?? null),
          config: { displayName: one.label, unit: panel.fieldConfig.defaults.unit },
        })),
      ],
    }),
  );
  frame.fields.slice(1).forEach((field, at) => {
    field.state = { seriesIndex: at };
  });
  return (
    <TimeSeries
      frames={[frame]}
      structureRev={1}
      timeRange={{ from: { valueOf: () => end - span }, to: { valueOf: () => end }, raw: {} } as any}
      timeZone="browser"
      width={width}
      height={height}
      legend={{ displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] } as any}
      options={{} as any}
    />
  );
}
const Empty = ({ panel }) => (
  <div style={{ display: 'grid', placeItems: 'center', height: '100%', color: theme.colors.text.secondary }}>
    {panel.fieldConfig.defaults.noValue}
  </div>
);

function Figure({ panel, data, width, height }) {
  const one = data[0]?.result[0];
  const frame = configured(
    panel,
    toDataFrame({
      fields: [{ name: 'value', type: FieldType.number, values: [one ? Number(one.value[1]) : null], config: {} }],
    }),
  );
  const value = frame.fields[0].display(frame.fields[0].values[0]);
  if (!one) {
    value.text = panel.fieldConfig.defaults.noValue;
    value.color = theme.colors.text.disabled;
  }
  return (
    <BigValue
      theme={theme}
      value={{ ...value, title: '' }}
      width={width}
      height={height}
      colorMode={BigValueColorMode.Background}
      graphMode={BigValueGraphMode.None}
      textMode={'value' as any}
    />
  );
}

function Bars({ panel, data, width, height }) {
  const frame = configured(
    panel,
    toDataFrame({
      fields: data[0].result.map((one) => ({
        name: name(data[0].target.legendFormat, one.metric),
        type: FieldType.number,
        values: [Number(one.value[1])],
        config: {},
      })),
    }),
  );
  const most = Math.max(...frame.fields.map((field) => field.values[0]));
  if (!frame.fields.length) return <Empty panel={panel} />;
  return (
    <div>
      {frame.fields.map((field) => {
        const shown = field.display(field.values[0]);
        return (
          <BarGauge
            key={field.name}
            theme={theme}
            width={width - 8}
            height={height / frame.fields.length - 4}
            displayMode={BarGaugeDisplayMode.Basic}
            orientation={VizOrientation.Horizontal}
            field={{ ...field.config, min: 0, max: most }}
            value={{ ...shown, title: field.name }}
            display={field.display}
            namePlacement={panel.options.namePlacement}
            showUnfilled
          />
        );
      })}
    </div>
  );
}

function Rows({ panel, data, width, height }) {
  const rows = new Map();
  const labels = [];
  data.forEach(({ result }, at) =>
    result.forEach(({ metric, value }) => {
      const { __name__, ...own } = metric;
      Object.keys(own).forEach((label) => labels.includes(label) || labels.push(label));
      const key = JSON.stringify(Object.entries(own).sort());
      const row = rows.get(key) ?? { own, values: [] };
      row.values[at] = Number(value[1]);
      rows.set(key, row);
    }),
  );
  if (!rows.size) return <Empty panel={panel} />;
  const list = [...rows.values()],
    { indexByName, renameByName } = panel.transformations[1].options;
  const columns = [
    ...labels.map((label) => ({
      from: label,
      type: FieldType.string,
      values: list.map((row) => row.own[label] ?? ''),
    })),
    ...data.map(({ target }, at) => ({
      from: data.length > 1 ? `Value #${target.refId}` : 'Value',
      type: FieldType.number,
      values: list.map((row) => row.values[at] ?? null),
    })),
  ].sort((a, b) => indexByName[a.from] - indexByName[b.from]);
  const frame = configured(
    panel,
    toDataFrame({
      fields: columns.map(({ from, type, values }) => ({ name: renameByName[from], type, values, config: {} })),
    }),
  );
  frame.fields.forEach((field) => {
    field.display ??= getDisplayProcessor({ field, theme });
  });
  return (
    <table style={{ width: '100%', borderCollapse: 'collapse', fontSize: 12 }}>
      <thead>
        <tr>
          {frame.fields.map((field) => (
            <th key={field.name} style={{ textAlign: 'left', padding: 4, color: theme.colors.primary.text }}>
              {field.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {list.slice(0, Math.floor(height / 26) - 1).map((_, row) => (
          <tr key={row} style={{ borderTop: `1px solid ${theme.colors.border.weak}` }}>
            {frame.fields.map((field) => {
              const shown = field.display(field.values[row]);
              const coloured = (field.config.custom as any)?.cellOptions?.type === 'color-text';
              return (
                <td key={field.name} style={{ padding: 4, color: coloured ? shown.color : undefined }}>
                  {(shown.prefix ?? '') + shown.text + (shown.suffix ?? '')}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Panel({ panel, set }) {
  const data = useFrames(panel, set);
  const { x, y, w, h } = panel.gridPos;
  const width = w * CELL - GAP,
    height = h * UNIT - GAP,
    box = { position: 'absolute', left: x * CELL + 12, top: y * UNIT + 56, width, height } as const;
  if (panel.type === 'row')
    return <div style={{ ...box, fontSize: 15, fontWeight: 500, paddingTop: 6 }}>{panel.title}</div>;
  const Draw = { timeseries: Lines, stat: Figure, table: Rows, bargauge: Bars }[panel.type];
  return (
    <div style={box}>
      <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
        {(w2, h2) => (data ? <Draw panel={panel} data={data} width={w2} height={h2} /> : <span className="waiting" />)}
      </PanelChrome>
    </div>
  );
}

const board = await (await fetch(query.get('board'))).json();
const set = Object.fromEntries(query.getAll('set').map((pair) => pair.split('=')));
const rows = Math.max(...board.panels.map(({ gridPos: { y, h } }) => y + h));
document.title = String(rows * UNIT + 70);
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <div style={{ position: 'relative', width: WIDTH + 24, height: rows * UNIT + 70 }}>
      <div style={{ padding: '14px 12px', fontSize: 20 }}>{board.title}</div>
      {board.panels.map((panel) => (
        <Panel key={panel.id} panel={panel} set={set} />
      ))}
    </div>
  </ThemeContext.Provider>,
);
