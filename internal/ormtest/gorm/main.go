// Command gorm plays the story of internal/ormtest with GORM. It is a module of its own, so that GORM is no dependency of Cordon.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

// Customer is a row of customers.
type Customer struct {
	ID        int64
	OwnerID   int
	Name      string
	Phone     *string
	Email     *string
	IDCard    *string `gorm:"column:id_card"`
	Birthday  *time.Time
	Credit    *string          `gorm:"type:numeric(12,2)"`
	Profile   *json.RawMessage `gorm:"type:jsonb"`
	Note      *string
	Active    bool
	CreatedAt time.Time
	Orders    []Order
}

// Order is a row of orders.
type Order struct {
	ID         int64
	CustomerID int64
	Amount     string `gorm:"type:numeric(12,2)"`
	Status     string `gorm:"default:new"`
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func to[T any](v T) *T { return &v }

func main() {
	db, err := gorm.Open(postgres.Open(os.Args[1]), &gorm.Config{Logger: logger.Discard})
	check(err)
	find := func(id int64) *Customer {
		c := new(Customer)
		check(db.First(c, id).Error)
		return c
	}
	c := find(7)
	check(db.Model(c).Update("name", "Renamed").Error)
	c = find(17)
	c.Note = to("all columns")
	check(db.Save(c).Error)
	var rows []Customer
	check(db.Order("id").Find(&rows).Error)
	fmt.Println(len(rows), *rows[1].Phone, *rows[1].Email, rows[1].IDCard, rows[1].Birthday.Format(time.DateOnly), *rows[1].Credit, string(*rows[1].Profile))
	for i := range rows {
		check(db.Save(&rows[i]).Error)
	}
	check(db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error)
	c = find(27)
	c.Phone = to("13900001111")
	check(db.Save(c).Error)
	c = &Customer{OwnerID: 7, Name: "Created", Phone: to("13712345678"), Email: to("created@corp.cn"), Credit: to("1234.56"), Profile: to(json.RawMessage(`{"phone": "13700000000"}`)), Active: true,
		CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Orders: []Order{{Amount: "12.50"}}}
	check(db.Create(c).Error)
	check(db.Preload("Orders").First(c, c.ID).Error)
	fmt.Println(c.ID, *c.Phone, c.Orders[0].Status)
	c = new(Customer)
	check(db.Preload("Orders", func(db *gorm.DB) *gorm.DB { return db.Order("id") }).First(c, 37).Error)
	check(db.Delete(&c.Orders[0]).Error)
	check(db.Model(&Order{}).Where("customer_id = ?", 37).Update("status", "paid").Error)
	c = find(47)
	c.Name = "Upserted"
	check(db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"name", "phone", "email", "id_card", "birthday", "credit", "profile"})}).Create(c).Error)
	undo := errors.New("roll back")
	if err := db.Transaction(func(tx *gorm.DB) error {
		check(tx.Model(&Customer{}).Where("id = ?", 57).Update("name", "rolled back").Error)
		return undo
	}); err != undo {
		log.Fatal(err)
	}
	check(db.Transaction(func(tx *gorm.DB) error {
		c := new(Customer)
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(c, 57).Error; err != nil {
			return err
		}
		c.Note = to("committed")
		return tx.Save(c).Error
	}))
	c = find(67)
	c.OwnerID = 8
	var refused *pgconn.PgError
	fmt.Println("refused", errors.As(db.Save(c).Error, &refused) && refused.Code == "42501")
	fmt.Println(errors.Is(db.First(&Customer{}, 8).Error, gorm.ErrRecordNotFound))
	fmt.Println(db.Model(&Customer{}).Where("id = ?", 8).Update("name", "x").RowsAffected, db.Where("customer_id = ?", 8).Delete(&Order{}).RowsAffected)
	check(db.Model(&Customer{}).Where("id IN ?", []int{77, 87, 97}).Update("note", "many").Error)
	c = find(97)
	c.Email, c.IDCard = nil, to("440301199001011234")
	check(db.Save(c).Error)
}
