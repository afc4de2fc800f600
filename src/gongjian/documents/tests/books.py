"""Workbooks put together part by part: what no library writes, and other programs do."""

import io
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACK = "http://schemas.openxmlformats.org/package/2006"
DATE_STYLE, ZEROS, WORDS, PHONE = 1, 2, 3, 4
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="&quot;YT-&quot;0000"/><numFmt numFmtId="166" formatCode="0000\\-0000"/>'
    '<numFmt numFmtId="167" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot; hh:mm"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="167"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>'
)


def cell(at, value, **given):
    """Return one cell as XML: text as inline text, numbers as they are."""
    told = "".join(f' {name}="{said}"' for name, said in given.items())
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"{told}><is><t>{value}</t></is></c>'
    return f'<c r="{at}"{told}><v>{value}</v></c>' if value is not None else ""


def row(number, *values, **given):
    """Return one row as XML; a value that is XML already is taken as it is."""
    cells = "".join(
        value if isinstance(value, str) and value.startswith("<c") else cell(f"{chr(65 + n)}{number}", value)
        for n, value in enumerate(values)
    )
    told = "".join(f' {name}="{said}"' for name, said in given.items())
    return f'<row r="{number}"{told}>{cells}</row>'


def sheet(*rows, before="", after=""):
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


def merged(*areas):
    return f"<mergeCells>{''.join(f'<mergeCell ref="{area}"/>' for area in areas)}</mergeCells>"


def book(*sheets, shared="", names=(), states=(), since_1904=False):
    """Return a workbook of these sheets."""
    out = io.BytesIO()
    names = names or [f"表{n}" for n in range(1, len(sheets) + 1)]
    states = states or ["visible"] * len(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="rId{n}"/>'
        for n, (name, state) in enumerate(zip(names, states, strict=True), start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="s" Type="{LINKS}/styles" Target="styles.xml"/>'
    if shared:
        links += f'<Relationship Id="t" Type="{LINKS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    workbook = f'<workbookPr date1904="{int(since_1904)}"/><sheets>{listed}</sheets>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACK}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACK}/relationships"><Relationship Id="r" Type="{LINKS}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{workbook}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACK}/relationships">{links}</Relationships>',
        "xl/styles.xml": STYLES,
        **({"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>'} if shared else {}),
        **{f"xl/worksheets/sheet{n}.xml": told for n, told in enumerate(sheets, start=1)},
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, told in parts.items():
            pack.writestr(name, told)
    return io.BytesIO(out.getvalue())
