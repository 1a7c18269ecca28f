// Package store keeps users in memory and tells subscribers about changes.
package store

import (
	"sort"
	"strings"
	"sync"
)

// User is one entry of the store.
type User struct {
	ID   int
	Name string
	Tags []string
}

// Store finds users by their ID. It is safe for concurrent use.
type Store struct {
	mu       sync.RWMutex
	users    map[int]*User
	onChange []func(*User)
}

// Default is the store that the package-level functions use.
var Default = New()

// latest is the user that was stored last, whatever the store.
var latest *User

// New returns an empty store.
func New() *Store {
	return &Store{users: make(map[int]*User)}
}

// NewUser returns a user with a tidy name.
func NewUser(id int, name string) *User {
	u := User{ID: id, Name: strings.TrimSpace(name)}
	return &u
}

// Add stores a new user under its ID.
func Add(id int, name string, tags ...string) {
	user := NewUser(id, name)
	user.Tags = tags
	Default.Put(user)
}

// Put stores a user under its ID, and tells the subscribers.
func (s *Store) Put(user *User) {
	s.mu.Lock()
	s.users[user.ID] = user
	latest = user
	s.mu.Unlock()
	for _, notify := range s.onChange {
		notify(user)
	}
}

// Rename stores a renamed copy, so that earlier readers keep what they have.
func (s *Store) Rename(id int, name string) bool {
	s.mu.RLock()
	old, found := s.users[id]
	s.mu.RUnlock()
	if !found {
		return false
	}
	renamed := *old
	renamed.Name = name
	s.Put(&renamed)
	return true
}

// Named returns copies of all users of a name, ordered by ID.
func (s *Store) Named(name string) []*User {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*User
	for _, user := range s.users {
		if user.Name == name {
			found = append(found, &User{ID: user.ID, Name: user.Name})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].ID < found[j].ID })
	return found
}

// Counter subscribes to changes, and returns a function that tells how many there were.
func (s *Store) Counter() func() int {
	changes := 0
	s.onChange = append(s.onChange, func(*User) { changes++ })
	return func() int { return changes }
}

// Total adds up the IDs of all users; nothing in it outlives the call.
func (s *Store) Total() int {
	sum := &User{}
	for id := range s.users {
		sum.ID += id
	}
	return sum.ID
}
