// Command logging checks the health of a few services and logs what it finds.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"time"
)

// Check is the outcome of one probe.
type Check struct {
	Service string
	Status  int
	Took    time.Duration
}

// String makes Check a fmt.Stringer.
func (c Check) String() string {
	return fmt.Sprintf("%s: %d in %s", c.Service, c.Status, c.Took)
}

// StatusError says that a service answered with an unexpected status.
type StatusError struct {
	Service string
	Status  int
}

func (e StatusError) Error() string {
	return fmt.Sprintf("%s answered %d", e.Service, e.Status)
}

// errUnknown is returned for services that have no probe.
var errUnknown = errors.New("unknown service")

// events keeps whatever was recorded, for the report at the end.
var events []any

// record keeps one event of any type.
func record(event any) {
	events = append(events, event)
}

// probe pretends to ask a service.
func probe(service string) (Check, error) {
	start := time.Now()
	status := 200
	switch service {
	case "search":
		status = 503
	case "mail":
		return Check{}, fmt.Errorf("probing %q: %w", service, errUnknown)
	}
	check := Check{Service: service, Status: status, Took: time.Since(start)}
	if status != 200 {
		return check, StatusError{service, status}
	}
	return check, nil
}

// describe accepts anything that can print itself.
func describe(value fmt.Stringer) string {
	return "<" + value.String() + ">"
}

func main() {
	logger := log.New(os.Stderr, "health ", log.LstdFlags)
	for i, service := range []string{"store", "search", "mail"} {
		check, err := probe(service)
		var status StatusError
		switch {
		case errors.As(err, &status):
			logger.Printf("probe %d: %s is down with status %d", i, service, status.Status)
			record(status)
		case err != nil:
			logger.Println("probe", i, "failed:", err)
			record(err)
		default:
			logger.Print(describe(check))
			record(check)
		}
	}
	fmt.Println(len(events), "events")
}
