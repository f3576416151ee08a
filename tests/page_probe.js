// Put into a copy of a report's page: uses it as a reader would and leaves what it found as JSON.
(() => {
  const errors = [];
  window.addEventListener('error', (event) => errors.push(String(event.message)));
  window.addEventListener('securitypolicyviolation', (event) => errors.push(`policy: ${event.violatedDirective}`));
  const written = console.error;
  console.error = (...words) => (errors.push(words.join(' ')), written.apply(console, words));

  const found = {};
  const table = document.getElementById('table-0');
  const names = () => [...table.tBodies[0].rows].map((row) => row.cells[0].querySelector('button').textContent);
  const shown = () => [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
  const header = (title) => [...table.tHead.rows[0].cells].find((cell) => cell.textContent.startsWith(title));
  const press = (title) => (header(title).querySelector('button').click(), header(title).getAttribute('aria-sort'));
  try {
    found.as_given = names();
    found.down_says = press('accuracy');
    found.down = names();
    found.up_says = press('accuracy');
    found.up = names();
    found.off_says = press('accuracy');
    found.off = names();
    press('row');
    found.by_name = names();
    press('row');
    press('row');

    const filter = document.querySelector('input.filter');
    filter.value = 'TWO';
    filter.dispatchEvent(new Event('input'));
    found.filtered = shown();
    found.counted = document.getElementById('count-0').textContent;
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
    const only = document.querySelector('input.only');
    only.checked = true;
    only.dispatchEvent(new Event('input'));
    found.published_only = shown();
    only.checked = false;
    only.dispatchEvent(new Event('input'));

    // Every number opens its evidence.
    const dialog = document.getElementById('evidence');
    const opening = [...table.querySelectorAll('button.open')];
    found.numbers = opening.length;
    found.opened = opening.filter((button) => {
      button.focus();
      button.click();
      const open = dialog.open && dialog.querySelector('.body').textContent.length > 200;
      dialog.querySelector('button.close').click();
      return open && !dialog.open;
    }).length;
    opening[1].click();
    const details = [...dialog.querySelectorAll('details')].find((one) => one.textContent.startsWith('Predictions'));
    details.open = true;
    details.dispatchEvent(new Event('toggle'));
    found.title = document.getElementById('evidence-title').textContent;
    found.evidence = dialog.querySelector('.body').textContent;
    found.predictions = details.querySelectorAll('tbody tr').length;
    dialog.close();
    const searched = [...table.tBodies[0].rows].find((row) => row.textContent.startsWith('one'));
    searched.querySelector('button.open[data-what=f1_macro]').click();
    found.searched = dialog.querySelector('.body').textContent;
    dialog.close();

    // A reader without eyes or mouse.
    found.unnamed = [...document.querySelectorAll('button, input, svg[role=img], [role=region], dialog')].filter(
      (element) =>
        !element.textContent.trim() &&
        !element.getAttribute('aria-label') &&
        !element.getAttribute('aria-labelledby') &&
        !(element.labels && element.labels.length > 0),
    ).length;
    found.pictures = document.querySelectorAll('figure svg[role=img][aria-label]').length;
    found.injected = document.querySelectorAll('b, i, img, iframe').length;
    found.fetched = performance.getEntriesByType('resource').length;
    found.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    found.drawings = DRAWINGS.map((text) => new DOMParser().parseFromString(text, 'image/svg+xml'))
      .filter((drawing) => drawing.querySelector('parsererror') !== null).length;
  } catch (error) {
    errors.push(String(error));
  }
  found.errors = errors;
  const place = document.createElement('pre');
  place.id = 'found';
  place.textContent = JSON.stringify(found);
  document.body.append(place);
})();
