{{/* Every topic with its configuration, as a worker would make it (streams/provision.py): a list of {name, config}. */}}
{{- define "omnitrack.topics" -}}
{{- $prefix := .Values.kafka.topicPrefix -}}
{{- $safe := ternary ", min.insync.replicas: 2" "" (ge (int .Values.kafka.replication) 3) -}}
{{- $added := get (.Values.catalogue | default "{}" | fromYaml) "channels" | default list -}}
{{- range concat .Values.strimzi.channels $added | uniq }}
- {name: {{ $prefix }}touchpoints.{{ . }}, config: {cleanup.policy: delete, message.timestamp.type: LogAppendTime{{ $safe }}}}
{{- end }}
{{- range list "identity" "customer" "stitched" "journeys" "handoffs" "promises" "alerts" "duplicates" "alerting" "undelivered" }}
- {name: {{ $prefix }}{{ . }}, config: {cleanup.policy: delete{{ $safe }}}}
{{- end }}
- {name: {{ $prefix }}dead, config: {cleanup.policy: delete, max.message.bytes: 8388608{{ $safe }}}}
{{- range list "identity-state" "state" "alerting-state" "notify-alertmanager-state" "notify-webhook-state" }}
- {name: {{ $prefix }}{{ . }}, config: {cleanup.policy: compact, max.compaction.lag.ms: 86400000{{ $safe }}}}
{{- end }}
{{- end -}}
