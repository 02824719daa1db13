require "active_record"
ActiveRecord::Base.establish_connection(ARGV[0])

class Customer < ActiveRecord::Base
  has_many :orders, -> { order(:id) }
end

class Order < ActiveRecord::Base
  belongs_to :customer
end

FIELDS = Customer.column_names - ["id"]

def all_columns(c)
  FIELDS.each { |f| c.public_send("#{f}_will_change!") }
  c.save!
end

c = Customer.find(7)
c.update!(name: "Renamed")
c = Customer.find(17)
c.note = "all columns"
all_columns(c)
rows = Customer.order(:id).to_a
puts [rows.size, rows[1].phone, rows[1].email, rows[1].id_card.inspect, rows[1].birthday, rows[1].credit.to_s, rows[1].profile].join(" ")
rows.each { |r| all_columns(r) }
rows.each { |r| r.update_columns(r.attributes.except("id")) }
c = Customer.find(27)
c.phone = "13900001111"
all_columns(c)
c = Customer.create!(owner_id: 7, name: "Created", phone: "13712345678", email: "created@corp.cn", credit: "1234.56", profile: { phone: "13700000000" })
c.orders.create!(amount: "12.50")
c.reload
puts [c.id, c.phone, c.orders.map(&:status)].join(" ")
c = Customer.find(37)
c.orders.first.destroy!
c.orders.update_all(status: "paid")
c = Customer.find(47)
Customer.upsert_all([c.attributes.merge("name" => "Upserted")])
Customer.transaction do
  Customer.find(57).update!(name: "rolled back")
  raise ActiveRecord::Rollback
end
Customer.transaction do
  c = Customer.lock.find(57)
  c.update!(note: "committed")
end
begin
  Customer.find(67).update!(owner_id: 8)
  puts "not refused"
rescue ActiveRecord::StatementInvalid => e
  puts "refused #{e.cause.result.error_field(PG::Result::PG_DIAG_SQLSTATE)}"
end
puts Customer.find_by(id: 8).inspect
puts [Customer.where(id: 8).update_all(name: "x"), Order.where(customer_id: 8).delete_all].join(" ")
Customer.where(id: [77, 87, 97]).update_all(note: "many")
c = Customer.find(97)
c.email = nil
c.id_card = "440301199001011234"
all_columns(c)
