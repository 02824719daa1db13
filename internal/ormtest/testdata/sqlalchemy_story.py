import sys
from sqlalchemy import create_engine, Column, BigInteger, Integer, String, CHAR, Date, Numeric, Text, Boolean, DateTime, ForeignKey, select, update, delete
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import declarative_base, relationship, Session
from sqlalchemy.orm.attributes import flag_modified

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = Column(BigInteger, primary_key=True)
    owner_id = Column(Integer, nullable=False)
    name = Column(String(80), nullable=False)
    phone = Column(String(20))
    email = Column(String(120))
    id_card = Column(CHAR(18))
    birthday = Column(Date)
    credit = Column(Numeric(12, 2))
    profile = Column(JSONB)
    note = Column(Text)
    active = Column(Boolean, nullable=False, server_default="true")
    created_at = Column(DateTime(timezone=True), nullable=False, server_default="x")
    orders = relationship("Order", back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id = Column(BigInteger, primary_key=True)
    customer_id = Column(ForeignKey("customers.id"), nullable=False)
    amount = Column(Numeric(12, 2), nullable=False)
    status = Column(String(20), nullable=False, server_default="new")
    customer = relationship("Customer", back_populates="orders")


FIELDS = [c.key for c in Customer.__table__.columns if c.key != "id"]
engine = create_engine(sys.argv[1], future=True)


def all_columns(c):
    for f in FIELDS:
        flag_modified(c, f)


with Session(engine, future=True) as s:
    c = s.get(Customer, 7)
    c.name = "Renamed"
    s.commit()
    c = s.get(Customer, 17)
    c.note = "all columns"
    all_columns(c)
    s.commit()
    rows = s.scalars(select(Customer).order_by(Customer.id)).all()
    print(len(rows), rows[1].phone, rows[1].email, rows[1].id_card, rows[1].birthday, rows[1].credit, rows[1].profile)
    for c in rows:
        all_columns(c)
    s.commit()
    c = s.get(Customer, 27)
    c.phone = "13900001111"
    all_columns(c)
    s.commit()
    c = Customer(owner_id=7, name="Created", phone="13712345678", email="created@corp.cn", credit="1234.56", profile={"phone": "13700000000"})
    c.orders.append(Order(amount="12.50"))
    s.add(c)
    s.commit()
    print(c.id, c.phone, [o.status for o in c.orders])
    c = s.get(Customer, 37)
    s.delete(c.orders[0])
    s.flush()
    s.execute(update(Order).where(Order.customer_id == 37).values(status="paid"))
    s.commit()
    c = s.get(Customer, 47)
    values = {f: getattr(c, f) for f in FIELDS + ["id"]}
    values["name"] = "Upserted"
    q = insert(Customer).values(**values)
    s.execute(q.on_conflict_do_update(index_elements=["id"], set_={f: q.excluded[f] for f in FIELDS}))
    s.commit()
    c = s.get(Customer, 57)
    c.name = "rolled back"
    s.flush()
    s.rollback()
    c.note = "committed"
    s.commit()
    c = s.get(Customer, 67)
    c.owner_id = 8
    try:
        s.commit()
        print("not refused")
    except ProgrammingError as e:
        print("refused", e.orig.pgcode)
        s.rollback()
    print(s.get(Customer, 8))
    print(s.execute(update(Customer).where(Customer.id == 8).values(name="x")).rowcount, s.execute(delete(Order).where(Order.customer_id == 8)).rowcount)
    s.execute(update(Customer).where(Customer.id.in_([77, 87, 97])).values(note="many"))
    s.commit()
    c = s.get(Customer, 97)
    c.email = None
    c.id_card = "440301199001011234"
    all_columns(c)
    s.commit()
