"""When the schedule's lines ran last."""

from django.db import models


class ScheduledRun(models.Model):
    """A line of the schedule, so that a restart neither repeats nor forgets what runs once a day."""

    name = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.started_at:%Y-%m-%d %H:%M:%S}"
