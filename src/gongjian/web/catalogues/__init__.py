"""One shape for every table that administrators keep: list by validity, form with preview, history, spreadsheet.

A room says what its table is (`Catalogue`) and how it reads and writes it; `routes(catalogue)` gives the addresses.
The form of a row is the one source: its fields are the columns of list and spreadsheet, its checks those of both.
"""

from gongjian.web.catalogues.forms import BasisField, CatalogueForm, DayField, DaysForm, TextField, WholeField
from gongjian.web.catalogues.keeper import Keeper
from gongjian.web.catalogues.spec import Catalogue, Entry, Fact, Link, Write
from gongjian.web.catalogues.urls import routes

__all__ = [
    "BasisField",
    "Catalogue",
    "CatalogueForm",
    "DayField",
    "DaysForm",
    "Entry",
    "Fact",
    "Keeper",
    "Link",
    "TextField",
    "WholeField",
    "Write",
    "routes",
]
