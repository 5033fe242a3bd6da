{{- define "omnitrack.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 30 | trimSuffix "-" }}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{ .Release.Name | trunc 30 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 30 | trimSuffix "-" }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a selector may name: never changes. Call with (dict "root" $ "role" "worker"). */}}
{{- define "omnitrack.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "omnitrack.labels" -}}
{{ include "omnitrack.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "omnitrack.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{- define "omnitrack.catalogueName" -}}
{{ if .Values.existingCatalogue }}{{ .Values.existingCatalogue }}{{ else if .Values.catalogue }}{{ include "omnitrack.fullname" . }}-catalogue{{ end }}
{{- end -}}

{{- define "omnitrack.kafkaName" -}}
{{ include "omnitrack.fullname" . }}-kafka
{{- end -}}

{{/* The consumer group of a role: omnitrack-streams. Call with (dict "root" $ "group" "streams"). */}}
{{- define "omnitrack.group" -}}
{{ .root.Values.kafka.topicPrefix | regexFind "^.*[^.]" | default "omnitrack" }}-{{ .group }}
{{- end -}}

{{/* The Faust apps that run: what each is, the values it has, its group, and what it is told of. */}}
{{- define "omnitrack.roles" -}}
worker: {app: streams.app, values: worker, group: streams, needs: [kafka, catalogue, pseudonyms{{ if .Values.schemaRegistry.url }}, schemaRegistry{{ end }}]}
sink: {app: omnitrack.sink, values: sink, group: sink, needs: [kafka, clickhouse]}
{{- if .Values.alerts.enabled }}
alerts: {app: streams.alerts, values: alerts, group: alerts, needs: [kafka, catalogue]}
{{- end }}
{{- if .Values.notifyAlertmanager.enabled }}
notify-alertmanager: {app: omnitrack.notify.alertmanager, values: notifyAlertmanager, group: notify-alertmanager, needs: [kafka, alertmanager]}
{{- end }}
{{- if .Values.notifyWebhook.enabled }}
notify-webhook: {app: omnitrack.notify.webhook, values: notifyWebhook, group: notify-webhook, needs: [kafka, webhook]}
{{- end }}
{{- end -}}
