// A small service for the emulator's tests. The environment decides how it behaves.
//
//	VERSION       what it answers with
//	HEALTH        the status of /health (200)
//	STATUS        the status of every other path (200)
//	DELAY_MS      how long an answer takes
//	START_MS      how long it takes to listen
//	CRASH_MS      after how long it exits with code 3 (never)
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"context"
)

func number(name string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return value
	}
	return otherwise
}

func pause(name string) { time.Sleep(time.Duration(number(name, 0)) * time.Millisecond) }

func main() {
	pause("START_MS")
	if number("CRASH_MS", -1) >= 0 {
		go func() { pause("CRASH_MS"); os.Exit(3) }()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(number("HEALTH", 200)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		size, _ := io.Copy(io.Discard, r.Body)
		pause("DELAY_MS")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.WriteHeader(number("STATUS", 200))
		fmt.Fprintf(w, "%s %s %s %d", os.Getenv("VERSION"), r.Method, r.URL.RequestURI(), size)
	})
	server := &http.Server{Addr: ":8000", Handler: mux}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() { <-stop; _ = server.Shutdown(context.Background()) }()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Println(err)
		os.Exit(1)
	}
}
