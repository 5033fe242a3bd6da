{{/* The variables and the secrets of a process. Call with (dict "root" $ "needs" (list "kafka" …)); "account" is one of ClickHouse of its own. */}}
{{- define "omnitrack.env" -}}
{{- $root := .root -}}
- {name: OMNITRACK_LOG_LEVEL, value: {{ $root.Values.logLevel }}}
{{- if has "kafka" .needs }}
{{ include "omnitrack.kafkaEnv" $root }}
{{- end }}
{{- if and (has "catalogue" .needs) (include "omnitrack.catalogueName" $root) }}
- {name: OMNITRACK_CATALOGUE, value: /etc/omnitrack/catalogue/catalogue.yaml}
{{- end }}
{{- if has "clickhouse" .needs }}
{{- $clickhouse := include "omnitrack.clickhouse" . | fromYaml }}
- {name: OMNITRACK_CLICKHOUSE, value: {{ $clickhouse.url | quote }}}
{{- with $root.Values.altinity.enabled | ternary "omnitrack" $root.Values.clickhouse.cluster }}
- {name: OMNITRACK_CLICKHOUSE_CLUSTER, value: {{ . | quote }}}
{{- end }}
{{- if $clickhouse.passwordSecret.name }}
- {name: OMNITRACK_CLICKHOUSE_PASSWORD_FILE, value: /etc/omnitrack/secrets/clickhouse-password}
{{- end }}
{{- if $root.Values.clickhouse.caSecret.name }}
- {name: OMNITRACK_CLICKHOUSE_CA_FILE, value: /etc/omnitrack/secrets/clickhouse-ca.crt}
{{- end }}
{{- end }}
{{- if has "pseudonyms" .needs }}
{{- with $root.Values.pseudonyms }}
{{- if .keySecret.name }}
- {name: OMNITRACK_PSEUDONYM_KEY_FILE, value: /etc/omnitrack/secrets/pseudonym-key}
{{- end }}
{{- if .oldKeySecret.name }}
- {name: OMNITRACK_PSEUDONYM_OLD_KEY_FILE, value: /etc/omnitrack/secrets/pseudonym-old-key}
- {name: OMNITRACK_PSEUDONYM_ROSTER, value: /etc/omnitrack/secrets/pseudonym-roster}
{{- end }}
{{- end }}
{{- end }}
{{- if has "schemaRegistry" .needs }}
{{- with $root.Values.schemaRegistry }}
- {name: OMNITRACK_SCHEMA_REGISTRY, value: {{ .url | quote }}}
{{- if .user }}
- {name: OMNITRACK_SCHEMA_REGISTRY_USER, value: {{ .user | quote }}}
{{- end }}
{{- if .passwordSecret.name }}
- {name: OMNITRACK_SCHEMA_REGISTRY_PASSWORD_FILE, value: /etc/omnitrack/secrets/schema-registry-password}
{{- end }}
{{- if .caSecret.name }}
- {name: OMNITRACK_SCHEMA_REGISTRY_CA_FILE, value: /etc/omnitrack/secrets/schema-registry-ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- if has "alertmanager" .needs }}
- {name: OMNITRACK_ALERTMANAGER, value: {{ required "notifyAlertmanager.url is missing" $root.Values.notifyAlertmanager.url | quote }}}
- {name: OMNITRACK_ALERTMANAGER_REFRESH, value: {{ $root.Values.notifyAlertmanager.refreshSeconds | quote }}}
{{- end }}
{{- if has "webhook" .needs }}
{{- with $root.Values.notifyWebhook }}
- name: OMNITRACK_WEBHOOK
  valueFrom: {secretKeyRef: {name: {{ required "notifyWebhook.urlSecret.name is missing" .urlSecret.name }}, key: {{ .urlSecret.key }}}}
{{- end }}
- {name: OMNITRACK_WEBHOOK_SECRET_FILE, value: /etc/omnitrack/secrets/webhook-secret}
{{- end }}
{{- with $root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* As whom a process asks ClickHouse, as YAML: its own account, where it has one, or `clickhouse`. */}}
{{- define "omnitrack.clickhouse" -}}
{{- if dig "account" "url" "" . -}}
{{ pick .account "url" "passwordSecret" | toYaml }}
{{- else -}}
url: {{ include "omnitrack.clickhouseUrl" .root | quote }}
passwordSecret: {{ .root.Values.clickhouse.passwordSecret | toJson }}
{{- end -}}
{{- end -}}

{{- define "omnitrack.clickhouseUrl" -}}
{{- if .Values.altinity.enabled -}}
clickhouse://omnitrack@clickhouse-{{ include "omnitrack.fullname" . }}:9000/omnitrack
{{- else -}}
{{ required "clickhouse.url is missing: clickhouse://user@host:9000/omnitrack, or set altinity.enabled" .Values.clickhouse.url }}
{{- end -}}
{{- end -}}

{{/* A list of {name, key, path}. */}}
{{- define "omnitrack.secrets" -}}
{{- $root := .root -}}
{{- if has "kafka" .needs }}
{{- include "omnitrack.kafkaSecrets" $root }}
{{- end }}
{{- if has "clickhouse" .needs }}
{{- with (include "omnitrack.clickhouse" . | fromYaml).passwordSecret }}
{{- if .name }}
- {name: {{ .name }}, key: {{ .key }}, path: clickhouse-password}
{{- end }}
{{- end }}
{{- with $root.Values.clickhouse }}
{{- if .caSecret.name }}
- {name: {{ .caSecret.name }}, key: {{ .caSecret.key }}, path: clickhouse-ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- if has "pseudonyms" .needs }}
{{- with $root.Values.pseudonyms }}
{{- if .keySecret.name }}
- {name: {{ .keySecret.name }}, key: {{ .keySecret.key }}, path: pseudonym-key}
{{- end }}
{{- if .oldKeySecret.name }}
- {name: {{ .oldKeySecret.name }}, key: {{ .oldKeySecret.key }}, path: pseudonym-old-key}
- {name: {{ required "pseudonyms.rosterSecret.name is missing: an old key needs its roster" .rosterSecret.name }}, key: {{ .rosterSecret.key }}, path: pseudonym-roster}
{{- end }}
{{- end }}
{{- end }}
{{- if has "schemaRegistry" .needs }}
{{- with $root.Values.schemaRegistry }}
{{- if .passwordSecret.name }}
- {name: {{ .passwordSecret.name }}, key: {{ .passwordSecret.key }}, path: schema-registry-password}
{{- end }}
{{- if .caSecret.name }}
- {name: {{ .caSecret.name }}, key: {{ .caSecret.key }}, path: schema-registry-ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- if has "webhook" .needs }}
{{- with $root.Values.notifyWebhook.signingSecret }}
- {name: {{ required "notifyWebhook.signingSecret.name is missing" .name }}, key: {{ .key }}, path: webhook-secret}
{{- end }}
{{- end }}
{{- if has "explorer" .needs }}
{{- with $root.Values.explorer }}
{{- if .usersSecret.name }}
- {name: {{ .usersSecret.name }}, key: {{ .usersSecret.key }}, path: explorer-users}
{{- end }}
{{- if .sessionSecret.name }}
- {name: {{ .sessionSecret.name }}, key: {{ .sessionSecret.key }}, path: explorer-secret}
{{- end }}
{{- if .oidc.clientSecret.name }}
- {name: {{ .oidc.clientSecret.name }}, key: {{ .oidc.clientSecret.key }}, path: explorer-oidc-client-secret}
{{- end }}
{{- if .oidc.caSecret.name }}
- {name: {{ .oidc.caSecret.name }}, key: {{ .oidc.caSecret.key }}, path: explorer-oidc-ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The folders of a process: two to write in, its secrets, the catalogue. "catalogue" names another ConfigMap than the usual. */}}
{{- define "omnitrack.volumes" -}}
- {name: tmp, emptyDir: {}}
- {name: state, emptyDir: {}}
{{- with include "omnitrack.secrets" . | fromYamlArray }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range . }}
      - secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: {{ .path }}}]}
      {{- end }}
{{- end }}
{{- if has "catalogue" .needs }}
{{- with .catalogue | default (include "omnitrack.catalogueName" .root) }}
- {name: catalogue, configMap: {name: {{ . }}}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "omnitrack.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: state, mountPath: /var/lib/omnitrack}
{{- if include "omnitrack.secrets" . | fromYamlArray }}
- {name: secrets, mountPath: /etc/omnitrack/secrets, readOnly: true}
{{- end }}
{{- if and (has "catalogue" .needs) (include "omnitrack.catalogueName" .root) }}
- {name: catalogue, mountPath: /etc/omnitrack/catalogue, readOnly: true}
{{- end }}
{{- end -}}

{{/* What every pod has in common; fits the restricted profile of the Pod Security Standards. Call with $. */}}
{{- define "omnitrack.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "omnitrack.container" -}}
image: {{ include "omnitrack.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* Copies that replace each other, on nodes of their own as far as there are so many. Call with their labels. */}}
{{- define "omnitrack.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ . | nindent 8 }}
{{- end -}}

{{/*
The same for servers, whose copies of the data are none on one node: a node without them is waited for. In zones too, where there
are such. Call with (dict "labels" (dict …) "keys" (list of labels whose value must be the pod's own)).
*/}}
{{- define "omnitrack.spreadServers" -}}
topologySpreadConstraints:
  {{- range $key, $unsatisfiable := dict "kubernetes.io/hostname" "DoNotSchedule" "topology.kubernetes.io/zone" "ScheduleAnyway" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $unsatisfiable }}
    nodeTaintsPolicy: Honor
    labelSelector: {matchLabels: {{ $.labels | toJson }}}
    {{- with $.keys }}
    matchLabelKeys: {{ . | toJson }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/* Where pods of a kind may run. Call with its values. */}}
{{- define "omnitrack.placing" -}}
{{- with .nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
