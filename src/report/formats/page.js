'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const make = (tag, text, attributes) => {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    return element;
  };

  // Sorting: numbers as numbers, words as words, what has none last. A first click sorts numbers from the top. The first
  // column holds names, which may begin with a number.
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent;
    const number = parseFloat(text);
    return { text, number: /^[-+]?[\d.]/.test(text) && !Number.isNaN(number) ? number : null };
  };
  for (const table of document.querySelectorAll('table.comparison')) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      header.querySelector('button.sort').addEventListener('click', () => {
        const numeric = column > 0 && original.some((row) => valueOf(row, column).number !== null);
        const now = header.getAttribute('aria-sort');
        const first = numeric ? 'descending' : 'ascending';
        const second = numeric ? 'ascending' : 'descending';
        const next = now === 'none' ? first : now === first ? second : 'none';
        headers.forEach((other) => other.setAttribute('aria-sort', 'none'));
        header.setAttribute('aria-sort', next);
        const sign = next === 'descending' ? -1 : 1;
        const rows = [...original];
        if (next !== 'none') {
          rows.sort((a, b) => {
            const [x, y] = [valueOf(a, column), valueOf(b, column)];
            if (!numeric) {
              const none = [x, y].map(({ text }) => text === '' || text === '–');
              return none[0] - none[1] || sign * x.text.localeCompare(y.text, undefined, { numeric: true });
            }
            if (x.number === null || y.number === null) return (x.number === null) - (y.number === null);
            return sign * (x.number - y.number);
          });
        }
        body.append(...rows);
      });
    });
  }

  // Filtering.
  const filter = (number) => {
    const of = (selector) => document.querySelector(`${selector}[data-table="${number}"]`);
    const wanted = of('input.filter').value.trim().toLowerCase();
    const only = of('input.only');
    const rows = [...document.getElementById(`table-${number}`).tBodies[0].rows];
    let shown = 0;
    for (const row of rows) {
      const named = row.cells[0].textContent.toLowerCase().includes(wanted);
      row.hidden = !named || (only !== null && only.checked && row.dataset.published !== 'true');
      shown += row.hidden ? 0 : 1;
    }
    document.getElementById(`count-${number}`).textContent =
      shown === rows.length ? '' : `${shown} of ${rows.length} rows`;
  };
  for (const input of document.querySelectorAll('input.filter, input.only')) {
    input.addEventListener('input', () => filter(input.dataset.table));
  }

  // Evidence. Everything is set as text, never as markup.
  const dialog = document.getElementById('evidence');
  const body = dialog.querySelector('.body');
  const table = (headers, rows, attributes) => {
    const box = make('div', null, { class: 'scroll', tabindex: '0' });
    const element = make('table', null, attributes);
    const head = element.createTHead().insertRow();
    headers.forEach((header) => head.append(make('th', header, { scope: 'col' })));
    const lines = element.createTBody();
    for (const row of rows) {
      const line = lines.insertRow();
      row.forEach((value, place) => {
        const cell = make(place === 0 ? 'th' : 'td', value === null || value === undefined ? '–' : String(value));
        if (place === 0) cell.setAttribute('scope', 'row');
        else if (/^[-+<]?\s*[\d.]/.test(cell.textContent)) cell.className = 'number';
        line.append(cell);
      });
    }
    box.append(element);
    return box;
  };
  const part = (title, ...children) => {
    body.append(make('h3', title), ...children);
  };
  const seconds = (value) => (value === null ? '–' : value < 0.0005 ? '< 0.001' : value.toFixed(3));

  const cells = (row, metric) => {
    const score = metric ? [metric.heading] : [];
    part(
      'Cells',
      table(
        ['repeat', 'fold', ...score, 'training clips', 'test clips', 'fit CPU s', 'predict CPU s', 'peak MiB', 'seed', 'record'],
        row.cells.map((cell) => [
          cell.repeat,
          cell.fold,
          ...(metric ? [cell.failure ? 'failed' : cell.scores[metric.name]] : []),
          cell.train,
          cell.test,
          seconds(cell.fit),
          seconds(cell.predict),
          cell.memory === null ? null : cell.memory.toFixed(0),
          cell.seed,
          `cells/${cell.id}.json`,
        ]),
      ),
    );
    const failures = new Set(row.cells.map((cell) => cell.failure).filter((text) => text));
    failures.forEach((text) => body.append(make('p', `Failed: ${text}`, { class: 'wrong' })));
    const notes = new Set(row.cells.flatMap((cell) => cell.notes));
    if (notes.size > 0) {
      const list = make('ul');
      notes.forEach((note) => list.append(make('li', note)));
      body.append(list);
    }
  };
  const searches = (row) => {
    for (const cell of row.cells.filter((one) => one.search !== null)) {
      const search = cell.search;
      const details = make('details');
      const where = row.cells.length > 1 ? ` in repeat ${cell.repeat}, fold ${cell.fold}` : '';
      // No folds: halving; one: the split's own validation side.
      const ways = ["on the network's validation clips", 'on the validation side'];
      const over = ways[search.folds] ?? `over ${search.folds} folds of the training side`;
      details.append(make('summary', `Search${where}: ${search.all} trials`));
      details.append(
        make(
          'p',
          `Method ${search.method}; ${search.metric} ${over}` +
            `${search.grouped ? ', no artist or source on two sides' : ''}; the best of equals is the first.`,
        ),
      );
      details.append(
        table(
          ['trial', 'parameters', search.metric, ''],
          search.trials.map(([parameters, score, failure], place) => [
            place,
            parameters,
            score,
            place === search.chosen ? 'chosen' : failure || '',
          ]),
        ),
      );
      if (search.all > search.trials.length) {
        details.append(make('p', `The first ${search.trials.length} of ${search.all}; all are in trials.csv.`));
      }
      body.append(details);
    }
  };
  const printed = (run, row, what) => {
    const from = run.paper ? `the paper ${run.paper}` : 'the experiment file';
    if (row.published[what] !== undefined) {
      body.append(make('p', `Published: ${row.published[what]}, as ${from} prints it.`));
    }
    if (row.reference && row.reference[1][what] !== undefined) {
      body.append(make('p', `${row.reference[0]}: ${row.reference[1][what]} on the same folds, as the experiment file gives it.`));
    }
  };
  const matrix = (run, row) => {
    if (!row.confusion) return;
    const element = table(
      ['true \\ taken for', ...run.classes],
      row.confusion.map((counts, place) => [run.classes[place], ...counts]),
      { class: 'matrix' },
    );
    [...element.querySelectorAll('tbody tr')].forEach((line, place) => line.cells[place + 1].classList.add('hit'));
    part('Confusion matrix, all repeats together', element);
    const percent = (value) => (100 * value).toFixed(1);
    part(
      'By class',
      table(
        ['class', 'precision %', 'recall %', 'F1 %', `${row.counted_in}s`],
        row.by_class.map((line, place) => [run.classes[place], ...line.slice(0, 3).map(percent), line[3]]),
      ),
    );
  };
  const predictions = (run, row) => {
    if (run.predictions_left_out) {
      part('Predictions', make('p', 'Too many for a page: they are in predictions.csv in the run’s folder.'));
      return;
    }
    if (row.predicted.length === 0) return;
    const details = make('details');
    const summary = make('summary', `Predictions (${run.clips.length} clips)`);
    details.append(summary);
    details.addEventListener('toggle', () => {
      if (!details.open || details.children.length > 1) return;
      const several = row.predicted.length > 1;
      const known = row.sure.length === row.predicted.length;
      const lines = [];
      run.clips.forEach((clip, place) => {
        row.predicted.forEach((repeat, number) => {
          if (repeat[place] < 0) return;
          const right = repeat[place] === run.truth[place];
          lines.push([
            clip,
            ...(several ? [number] : []),
            run.classes[run.truth[place]],
            run.classes[repeat[place]],
            ...(known ? [row.sure[number][place] < 0 ? null : `${(row.sure[number][place] / 10).toFixed(1)} %`] : []),
            right ? 'right' : 'wrong',
          ]);
        });
      });
      lines.sort((a, b) => (a[a.length - 1] === b[b.length - 1] ? 0 : a[a.length - 1] === 'wrong' ? -1 : 1));
      const most = 2000;
      details.append(table(['clip', ...(several ? ['repeat'] : []), 'true', 'taken for', ...(known ? ['with'] : []), ''], lines.slice(0, most)));
      if (lines.length > most) {
        details.append(make('p', `The first ${most} of ${lines.length}, wrong ones first; all are in predictions.csv.`));
      }
    });
    body.append(details);
  };
  const parameters = (run, row) => {
    part(
      'Model',
      table(
        ['', ''],
        [
          ['model', row.model],
          ['parameters, defaults included', JSON.stringify(row.parameters)],
          ['prepared by', row.prepare.map((step) => (typeof step === 'string' ? step : JSON.stringify(step))).join(', ') || 'nothing'],
          ['features', row.features],
          ...run.facts,
        ],
      ),
    );
    part('The command that repeats it', make('pre', `${run.command}`));
  };
  const pairs = (run, row) => {
    const points = (value) => (100 * value).toFixed(1);
    const lines = run.pairs
      .filter((pair) => pair.a === row.name || pair.b === row.name)
      .map((pair) => {
        const own = pair.a === row.name;
        const sign = own ? 1 : -1;
        const judged = pair.judgement;
        const turned = { better: 'worse', worse: 'better' };
        const verdict = judged === null ? null : own ? judged.verdict : turned[judged.verdict] || judged.verdict;
        const p = (value) => (value === null ? null : value < 0.0005 ? '< 0.001' : value.toFixed(3));
        return [
          own ? pair.b : pair.a,
          points(sign * pair.difference),
          verdict,
          pair.agreement === null ? null : `${points(pair.agreement)} %`,
          p(pair.p_bootstrap),
          pair.t_test === null ? null : p(pair.t_test.p),
          pair.mcnemar === null ? null : p(pair.mcnemar[2]),
          p(pair.p_holm),
        ];
      });
    if (lines.length > 0) {
      const headers = ['against', 'difference × 100', 'verdict', 'same answers', 'p bootstrap', 'p t-test, corrected', 'p McNemar', 'p Holm'];
      part('Against the other rows', table(headers, lines));
    }
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button.open');
    if (!button) return;
    const run = data[Number(button.dataset.table)];
    const row = run.rows[Number(button.dataset.row)];
    const what = button.dataset.what;
    const metric = run.metrics.find((known) => known.name === what);
    body.replaceChildren();
    const title = metric ? `${row.name}: ${metric.title}` : row.name;
    document.getElementById('evidence-title').textContent = title;
    if (run.synthetic) body.append(make('p', 'Synthetic data: these figures say nothing about real music.'));
    if (row.note) body.append(make('p', row.note));
    if (metric) {
      const [over, draws, own] = row.over[metric.name] || ['repeats', 1000, null];
      const scored = over === 'folds' ? 'Folds are scored one by one and averaged' : 'The folds of a repeat are scored together and repeats averaged';
      const averaged = own === null ? '' : `, whose own scores average ${own}`;
      const valued = draws === 1000 ? '' : `, of which ${draws} have a value`;
      body.append(
        make(
          'p',
          `${metric.title}: ${metric.summary}. ${scored}; ± is the standard deviation over single cells (ddof 1)${averaged}; ` +
            `the interval is the central 95 % of 1000 redraws of ${run.interval_of}${valued}.`,
        ),
      );
    }
    printed(run, row, what === 'time' ? 'fit_seconds' : what);
    if (what === 'pairs') pairs(run, row);
    cells(row, metric);
    searches(row);
    if (row.scores.length > 0) {
      const named = Object.fromEntries(run.metrics.map((known) => [known.name, known.heading]));
      part('Every score', table(['score', 'value'], row.scores.map(([name, value]) => [named[name], value])));
      if (row.wilson) body.append(make('p', row.wilson));
    }
    matrix(run, row);
    if (what !== 'pairs') pairs(run, row);
    predictions(run, row);
    parameters(run, row);
    dialog.showModal();
    dialog.scrollTop = 0;
  });
  dialog.querySelector('.close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
})();
