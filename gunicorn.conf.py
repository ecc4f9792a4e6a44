"""What every gunicorn of the site has, however it is started; it reads this file where it runs."""

logger_class = "accounts.logs.AccessLog"
worker_class = "lib.serving.server.PatientWorker"
