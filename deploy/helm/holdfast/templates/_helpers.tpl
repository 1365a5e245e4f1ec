{{- define "holdfast.name" -}}
{{- if contains "holdfast" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-holdfast" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "holdfast.selector" -}}
app.kubernetes.io/name: holdfast
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "holdfast.labels" -}}
{{ include "holdfast.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: holdfast
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "holdfast.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end -}}
{{- end }}

{{- define "holdfast.serviceAccount" -}}
{{- with .Values.serviceAccount -}}
{{- if not (or .create .name) }}{{ fail "serviceAccount.name is not set: name the account that is there, or leave serviceAccount.create true" }}{{ end -}}
{{- .name | default (include "holdfast.name" $) -}}
{{- end -}}
{{- end }}

{{- define "holdfast.trialSecret" -}}
{{ include "holdfast.name" . }}-trial
{{- end }}

{{- define "holdfast.storeHost" -}}
{{ include "holdfast.name" . }}-store-0.{{ include "holdfast.name" . }}-store.{{ .Release.Namespace }}.svc
{{- end }}

{{/* A secret that is given by its name, or one of the trial; else the template fails with what to do. */}}
{{- define "holdfast.secretRef" -}}
{{- $ref := index .root.Values.secrets .which -}}
{{- if $ref.name -}}
name: {{ $ref.name }}
key: {{ $ref.key }}
{{- else if .root.Values.trial.enabled -}}
name: {{ include "holdfast.trialSecret" .root }}
key: {{ .which }}
{{- else -}}
{{- fail (printf "secrets.%s.name is not set: make the Secret and give its name, or set trial.enabled to true to try Holdfast with a store and a Redis of its own" .which) -}}
{{- end -}}
{{- end }}

{{- define "holdfast.hasBasicAuth" -}}
{{- if or .Values.secrets.basicAuth.name (and .Values.trial.enabled (not .Values.secrets.access.name)) }}true{{ end -}}
{{- end }}

{{- define "holdfast.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "holdfast.podSecurity" -}}
runAsNonRoot: true
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "holdfast.environment" -}}
- name: HOLDFAST_STORE_URL
  valueFrom: { secretKeyRef: { {{ include "holdfast.secretRef" (dict "root" .root "which" "store") | replace "\n" ", " }} } }
- name: HOLDFAST_REDIS_URL
  valueFrom: { secretKeyRef: { {{ include "holdfast.secretRef" (dict "root" .root "which" "redis") | replace "\n" ", " }} } }
- name: HOLDFAST_ENCRYPTION_KEYS
  valueFrom: { secretKeyRef: { {{ include "holdfast.secretRef" (dict "root" .root "which" "encryptionKeys") | replace "\n" ", " }} } }
- { name: HOLDFAST_ROLE, value: {{ .role }} }
- { name: HOLDFAST_DRAIN_SECONDS, value: {{ .root.Values.drainSeconds | quote }} }
{{- if eq .role "api" }}
{{- if not (or (include "holdfast.hasBasicAuth" .root) .root.Values.secrets.access.name) }}{{ fail "neither secrets.basicAuth.name nor secrets.access.name is set: make a Secret that says who may ask, and give its name" }}{{ end }}
{{- if include "holdfast.hasBasicAuth" .root }}
- { name: HOLDFAST_BASIC_AUTH_FILE, value: /etc/holdfast/basic-auth/credentials }
{{- end }}
{{- if .root.Values.secrets.access.name }}
- { name: HOLDFAST_ACCESS_FILE, value: /etc/holdfast/access/access.yaml }
{{- end }}
{{- end }}
{{- if .root.Values.secrets.tls.name }}
- { name: HOLDFAST_TLS_CERTIFICATE_FILE, value: /etc/holdfast/tls/tls.crt }
- { name: HOLDFAST_TLS_KEY_FILE, value: /etc/holdfast/tls/tls.key }
{{- end }}
{{- if .root.Values.secrets.clientAuthorities.name }}
{{- if not .root.Values.secrets.tls.name }}{{ fail "secrets.clientAuthorities needs secrets.tls: only a broker that speaks HTTPS asks for certificates" }}{{ end }}
- { name: HOLDFAST_TLS_CLIENT_CA_FILE, value: /etc/holdfast/client-authorities/ca.crt }
{{- end }}
{{- if .root.Values.secrets.certificateAuthorities.name }}
- { name: NODE_EXTRA_CA_CERTS, value: /etc/holdfast/authorities/ca.crt }
{{- end }}
{{- if .root.Values.catalog }}
- { name: HOLDFAST_CATALOG, value: /holdfast/catalog/own/catalog.yaml }
{{- end }}
{{- range $name, $value := .root.Values.environment }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "holdfast.mounts" -}}
{{- if eq .role "api" }}
{{- if include "holdfast.hasBasicAuth" .root }}
- { name: basic-auth, mountPath: /etc/holdfast/basic-auth, readOnly: true }
{{- end }}
{{- if .root.Values.secrets.access.name }}
- { name: access, mountPath: /etc/holdfast/access, readOnly: true }
{{- end }}
{{- end }}
{{- if .root.Values.secrets.tls.name }}
- { name: tls, mountPath: /etc/holdfast/tls, readOnly: true }
{{- end }}
{{- if .root.Values.secrets.clientAuthorities.name }}
- { name: client-authorities, mountPath: /etc/holdfast/client-authorities, readOnly: true }
{{- end }}
{{- if .root.Values.secrets.certificateAuthorities.name }}
- { name: authorities, mountPath: /etc/holdfast/authorities, readOnly: true }
{{- end }}
{{- if .root.Values.catalog }}
- { name: catalog, mountPath: /holdfast/catalog/own, readOnly: true }
{{- end }}
{{- end }}

{{- define "holdfast.volumes" -}}
{{- if eq .role "api" }}
{{- if include "holdfast.hasBasicAuth" .root }}
{{- $ref := include "holdfast.secretRef" (dict "root" .root "which" "basicAuth") | fromYaml }}
- name: basic-auth
  secret: { secretName: {{ $ref.name }}, items: [{ key: {{ $ref.key }}, path: credentials }] }
{{- end }}
{{- with .root.Values.secrets.access }}
{{- if .name }}
- name: access
  secret: { secretName: {{ .name }}, items: [{ key: {{ .key }}, path: access.yaml }] }
{{- end }}
{{- end }}
{{- end }}
{{- with .root.Values.secrets.tls.name }}
- name: tls
  secret: { secretName: {{ . }} }
{{- end }}
{{- with .root.Values.secrets.clientAuthorities }}
{{- if .name }}
- name: client-authorities
  secret: { secretName: {{ .name }}, items: [{ key: {{ .key }}, path: ca.crt }] }
{{- end }}
{{- end }}
{{- with .root.Values.secrets.certificateAuthorities }}
{{- if .name }}
- name: authorities
  secret: { secretName: {{ .name }}, items: [{ key: {{ .key }}, path: ca.crt }] }
{{- end }}
{{- end }}
{{- if .root.Values.catalog }}
- name: catalog
  configMap: { name: {{ include "holdfast.name" .root }}-catalog }
{{- end }}
{{- if and .root.Values.trial.enabled (not .root.Values.secrets.store.name) }}
- name: store-key
  secret: { secretName: {{ include "holdfast.trialSecret" .root }}, items: [{ key: keyFile, path: keyFile }] }
{{- end }}
{{- end }}
