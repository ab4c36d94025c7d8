"""A run on paper: the record, its course, and who decided what, with comments and signatures."""

from __future__ import annotations

from flask import g, render_template

from runtime.pages import approval_parts as parts
from runtime.pages.approval_brief import tables
from runtime.pages.approvals import blueprint, entry_of, found, handling, home_of, lines_in
from runtime.pages.cells import title_of
from runtime.pages.record_flows import STATUS
from runtime.pages.web import reader, reading, signed_in
from runtime.records import query
from runtime.system import clock
from runtime.workflow import boxes, running


@blueprint.get("/approvals/<int:run>/print")
@signed_in
def on_paper(run: int) -> str:
    """As much of the record as the node of whoever reads shows."""
    with reading() as act:
        row, state = found(act, run)
        flow, form, person = running.flow_of(act, row), act.catalogue.forms[row.form], g.person
        node, app = running.node_of(act, row), home_of(act, form)
        with handling(act, row, node, boxes.concerned(act, run)):
            record = query.get(act, row.form, row.record)
            with parts.as_oneself(act, person):
                titles = parts.named_in(act, form, record)
            lines = lines_in(act, app.key, form, record, set())
            parts.with_names(lines, form, record, app.key, titles)
            more = {"parts": lines, "tables": tables(form, record, set(), node), "name": title_of(form, record)}
        return render_template(
            "approval_print.html",
            run=row.id,
            flow=flow,
            form=form,
            status=STATUS.get(state.status, STATUS["running"]),
            starter=reader().person_name(state.starter),
            started=clock.from_micros(row.at),
            printed=act.now,
            happened=[entry_of(flow, each) for each in state.log if each.act != "finished"],
            **more,
        )
