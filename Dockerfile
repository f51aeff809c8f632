# One image for web, worker, courier and `prepare`. PostgreSQL 18 and Redis are given by DATABASE_URL and REDIS_URL.
FROM python:3.11-slim-bookworm AS built

COPY requirements.txt /tmp/requirements.txt
# Neither the embedded servers nor what tests and checks the product.
RUN sed '/^# The servers of/,/^# What those stand on/d' /tmp/requirements.txt > /tmp/needed.txt \
 && python -m venv /opt/tokendesk/.venv \
 && /opt/tokendesk/.venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/needed.txt

FROM python:3.11-slim-bookworm

# /run/metrics has to be empty when a container starts: a tmpfs, as in compose.yaml.
RUN useradd --system --uid 10001 --home-dir /var/lib/tokendesk --create-home tokendesk \
 && install --directory --owner=tokendesk --mode=0700 /run/metrics
WORKDIR /opt/tokendesk
COPY --from=built /opt/tokendesk/.venv .venv
COPY . .
RUN .venv/bin/python -m compileall -q config wallets pricing usage billing
ENV PATH=/opt/tokendesk/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/var/lib/tokendesk \
    PROMETHEUS_MULTIPROC_DIR=/run/metrics \
    HOST=0.0.0.0
USER tokendesk
EXPOSE 8000
CMD ["python", "-m", "config.web"]
