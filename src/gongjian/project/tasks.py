"""Jobs of the installation itself."""

from procrastinate.contrib.django import app


@app.task(name="project.probe", queue="probe", priority=100)
def probe() -> None:
    """Do nothing; `gongjian doctor` defers it and watches it being done."""
