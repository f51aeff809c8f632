from django.db import models


class BooksClosed(models.Model):
    """Up to which instant the books are closed, as whoever keeps them said it. The newest row counts; none changes.

    until_at: half-open; what was booked before it is not taken back as a whole any more.
    """

    until_at = models.DateTimeField()
    said_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "books closed"

    def __str__(self) -> str:
        return f"closed until {self.until_at:%Y-%m-%d}"
