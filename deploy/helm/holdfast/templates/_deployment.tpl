{{/* The Deployment of a role: api or worker. */}}
{{- define "holdfast.deployment" -}}
{{- $root := .root -}}
{{- $role := .role -}}
{{- $values := index .root.Values .role -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "holdfast.name" $root }}-{{ $role }}
  labels:
    {{- include "holdfast.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $role }}
spec:
  replicas: {{ $values.replicas }}
  # The new ones are ready before the old ones go.
  strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  selector:
    matchLabels:
      {{- include "holdfast.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $role }}
  template:
    metadata:
      labels:
        {{- include "holdfast.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $role }}
        holdfast.dev/serves: metrics
      annotations:
        holdfast.dev/catalog: {{ $root.Values.catalog | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "holdfast.serviceAccount" $root }}
      # A Service that is called holdfast would set HOLDFAST_PORT.
      enableServiceLinks: false
      # What it serves on, and then gives back what it runs.
      terminationGracePeriodSeconds: {{ add $root.Values.drainSeconds 55 }}
      securityContext:
        {{- include "holdfast.podSecurity" $root | nindent 8 }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          matchLabelKeys: [pod-template-hash]
          labelSelector:
            matchLabels:
              {{- include "holdfast.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $role }}
        {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if and $root.Values.trial.enabled (not $root.Values.secrets.store.name) }}
      initContainers:
        - name: initiate-store
          image: {{ include "holdfast.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          command: [node, dist/bundle/initiate-store.js]
          env:
            - name: HOLDFAST_STORE_URL
              valueFrom: { secretKeyRef: { name: {{ include "holdfast.trialSecret" $root }}, key: store } }
            - { name: HOLDFAST_STORE_KEY_FILE, value: /etc/store/keyFile }
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "holdfast.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            - { name: store-key, mountPath: /etc/store, readOnly: true }
      {{- end }}
      containers:
        - name: broker
          image: {{ include "holdfast.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          env:
            {{- include "holdfast.environment" . | nindent 12 }}
          ports:
            - { name: http, containerPort: 3000 }
          {{- $scheme := ternary "HTTPS" "HTTP" (ne $root.Values.secrets.tls.name "") }}
          startupProbe:
            httpGet: { path: /health/live, port: http, scheme: {{ $scheme }} }
            periodSeconds: 1
            failureThreshold: 120
          livenessProbe:
            httpGet: { path: /health/live, port: http, scheme: {{ $scheme }} }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /health/ready, port: http, scheme: {{ $scheme }} }
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 2
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "holdfast.containerSecurity" $root | nindent 12 }}
          {{- with include "holdfast.mounts" . | trim }}
          volumeMounts:
            {{- . | nindent 12 }}
          {{- end }}
      {{- with include "holdfast.volumes" . | trim }}
      volumes:
        {{- . | nindent 8 }}
      {{- end }}
{{- end }}
