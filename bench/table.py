"""The results as Markdown, and its place in the README."""

BEGIN = '<!-- bench: begin; written by `make bench` -->'
END = '<!-- bench: end -->'


def rate(value, unit):
    return f'{value:.2f}' if unit == 'GB/s' else f'{value:,.0f}'


def size(octets):
    if octets < 1 << 20:
        return f'{octets / 1024:.0f} KiB'
    return f'{octets / (1 << 20):.1f} MiB'


def side_by_side(rows):
    lines = ['| with Basic, from the page cache | Reelgate | nginx, apr1 | nginx, bcrypt | nginx, no authentication | '
             'ratio to apr1 | ratio to bcrypt | ratio to none |',
             '|---|--:|--:|--:|--:|--:|--:|--:|']
    for row in rows:
        unit, nginx, ratio = row['unit'], row['nginx'], row['ratio']
        cells = [f'{row["name"]}, {unit}', rate(row['reelgate'], unit)]
        cells += [rate(nginx[kind], unit) for kind in ('apr1', 'bcrypt', 'open')]
        cells += [f'**{ratio["apr1"]:.2f}**', f'{ratio["bcrypt"]:.2f}', f'{ratio["open"]:.2f}']
        lines.append('| ' + ' | '.join(cells) + ' |')
    return lines


def figures(results):
    start, cold, slow, site = results['start'], results['cold'], results['slow'], results['site']
    alone, meanwhile = slow['fresh_alone'], slow['fresh_meanwhile']
    rows = [
        ('From the start to ready, PostgreSQL started too', f'{start["ready_s"]:.2f} s'),
        ('Memory before the first request', size(start['idle_bytes'])),
        (f'Memory for each of {slow["connections"]:,} slow downloads', size(slow['bytes_per_connection'])),
        ('A fresh range of 2 KiB on a new connection meanwhile, median / 99th percentile',
         f'{meanwhile["median_ms"]:.1f} / {meanwhile["p99_ms"]:.1f} ms '
         f'(alone {alone["median_ms"]:.1f} / {alone["p99_ms"]:.1f} ms)'),
        ('Whole file, 1 client, nothing of it in the page cache',
         f'{cold["reelgate_gb_per_s"]:.2f} GB/s, nginx {cold["nginx_gb_per_s"]:.2f} GB/s, ratio {cold["ratio"]:.2f}'),
        ('WebAssembly of a first page load, raw / brotli',
         f'{site["wasm"]["raw"]:,} / {site["wasm"]["brotli"]:,} bytes'),
    ]
    if taken := results.get('intake'):
        rows += of_intake(taken)
    if told := results.get('webhooks'):
        rows.append((f'Webhook deliveries to one endpoint, {told["deliveries"]:,} that waited',
                     f'{told["reelgate"]:,.0f}/s; a bare loop of POSTs over {told["connections"]} connections '
                     f'{told["bare_loop"]:,.0f}/s, ratio {told["ratio"]:.3f}'))
    if tokens := results.get('tokens'):
        rows += of_tokens(tokens)
    if scores := results.get('lighthouse'):
        rows.append(('Lighthouse on the Recordings page: accessibility / best practices / performance',
                     f'{scores["accessibility"]} / {scores["best-practices"]} / {scores["performance"]}'))
    if report := results.get('report'):
        rows += of_report(report)
    return ['| | |', '|---|---|', *(f'| {name} | {value} |' for name, value in rows)]


def of_intake(taken):
    rows = []
    for key, what in (('large_files', f'{taken["large"]} files of {size(taken["octets"])}'),
                      ('small_files', f'{taken["small"]:,} files of 2 KiB, each in a session of its own,')):
        found = taken[key]
        unit, per_second, ratio = found['unit'], found['rate'], found['ratio']
        rows.append((f'{what} taken in: PUT / import',
                     f'{rate(per_second["put"], unit)} / {rate(per_second["import"], unit)} {unit}; `cp` plus `sha256sum` '
                     f'{rate(per_second["cp"], unit)}, ratio {ratio["put"]:.2f} / {ratio["import"]:.2f}'))
    return rows


def of_tokens(tokens):
    cost = tokens['verifications']
    rows = [(f'Tokens of service accounts verified, {cost["tokens"]:,} fresh ones / the same again',
             f'{cost["fresh_per_s"]:,.0f}/s / {cost["seen_per_s"]:,.0f}/s')]
    for row in tokens['ranges']:
        rows.append((f'{row["name"]}, with Bearer', f'{row["bearer"]:,.0f} answers/s; with Basic {row["basic"]:,.0f}, '
                     f'ratio {row["ratio"]:.2f}'))
    return rows


def of_report(report):
    sizes = report['results']
    first = ' / '.join(f'{size["pages"]["first page"]["median_ms"]:.1f}' for size in sizes)
    ratios = {name: ratio['median'] for name, ratio in report['ratios'].items()}
    worst = max(ratios, key=ratios.get)
    counts = ' / '.join(f'{size["sessions"]:,}' for size in sizes)
    rates = [size['per_second'] for size in sizes]
    pages, rows = (' / '.join(f'{rate[kind]:,.0f}' for rate in rates) for kind in ('report', 'psql'))
    ratios_to_psql = ' / '.join(f'{rate["report"] / rate["psql"]:.2f}' for rate in rates)
    return [
        (f'First page of the Recordings report at {counts} sessions', f'{first} ms'),
        (f'The largest over the smallest, over {len(ratios)} pages, filters and searches: worst',
         f'{ratios[worst]:.2f} ({worst})'),
        ('First pages a second over one connection, at the same numbers', f'{pages}; its rows in psql {rows}, '
         f'ratio {ratios_to_psql}'),
        *of_archive(counts, [size['archive'] for size in sizes if 'archive' in size]),
    ]


def of_archive(counts, listings):
    if not listings:
        return []
    last = listings[-1]
    rooms = ' / '.join(f'{listing["room_ms"]:.1f}' for listing in listings)
    return [
        (f'Archive API: a listing of {last["entries"]:,} sessions at the largest number, sessions a second',
         f'{last["per_second"]:,.0f}; the same rows in psql {last["psql_per_second"]:,.0f}, ratio {last["ratio"]:.2f}'),
        (f'Archive API: one room at {counts} sessions', f'{rooms} ms'),
    ]


def markdown(results):
    machine = results['machine']
    intro = (f'Measured on {machine["date"]} with `make bench` on {machine["cores"]} cores ({machine["processor"]}), '
             f'{machine["system"]}, nginx {machine["nginx"]}; medians of {results["rounds"]} rounds. Client and '
             'servers share the machine, so only the ratios mean something elsewhere.')
    return '\n'.join([intro, '', *side_by_side(results['side_by_side']), '', *figures(results)])


def update(readme, results):
    """Puts the table where the last one stood."""
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    readme.write_text(f'{before}{BEGIN}\n{markdown(results)}\n{END}{after}')
