{{- /* What the schema of the values cannot say. */ -}}
{{- define "carbon.checks" -}}
{{- $sqlite := eq .Values.database.kind "sqlite" -}}
{{- if and $sqlite (gt (int .Values.replicas) 1) -}}
{{- fail (printf "database.kind=sqlite is one file that one replica uses, and replicas=%d. Set replicas=1, or database.kind=postgresql with DATABASE_URL in the secret." (int .Values.replicas)) -}}
{{- end -}}
{{- if not (or .Values.secret.existing .Values.secret.values) -}}
{{- fail "the bot has no secrets. Set secret.existing to the name of a Secret with SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET and DATABASE_URL, for example secret.existing=carbon-secrets" -}}
{{- end -}}
{{- if and .Values.secret.values (not $sqlite) (not .Values.secret.values.DATABASE_URL) -}}
{{- fail "secret.values has no DATABASE_URL, such as postgresql://carbon:PASSWORD@db.example.com/carbon. Without a PostgreSQL: database.kind=sqlite and replicas=1." -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled needs ingress.host, the host of the addresses in Slack's manifest, for example ingress.host=carbon.example.com" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) -}}
{{- fail "metrics.serviceMonitor.enabled needs metrics.enabled=true." -}}
{{- end -}}
{{- end -}}
