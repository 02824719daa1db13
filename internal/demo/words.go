package demo

// The words that names, addresses and subjects are made of. All people and companies are invented.

type name struct{ script, latin string }

var chineseFamily = []name{
	{"王", "wang"}, {"李", "li"}, {"张", "zhang"}, {"刘", "liu"}, {"陈", "chen"}, {"杨", "yang"}, {"黄", "huang"}, {"赵", "zhao"}, {"周", "zhou"}, {"吴", "wu"},
	{"徐", "xu"}, {"孙", "sun"}, {"马", "ma"}, {"朱", "zhu"}, {"胡", "hu"}, {"郭", "guo"}, {"何", "he"}, {"林", "lin"}, {"高", "gao"}, {"罗", "luo"},
	{"郑", "zheng"}, {"梁", "liang"}, {"谢", "xie"}, {"宋", "song"}, {"唐", "tang"}, {"许", "xu"}, {"欧阳", "ouyang"}, {"邓", "deng"}, {"冯", "feng"}, {"曾", "zeng"},
}

var chineseGiven = []name{
	{"伟", "wei"}, {"芳", "fang"}, {"娜", "na"}, {"敏", "min"}, {"静", "jing"}, {"丽", "li"}, {"强", "qiang"}, {"磊", "lei"}, {"军", "jun"}, {"洋", "yang"},
	{"勇", "yong"}, {"艳", "yan"}, {"杰", "jie"}, {"娟", "juan"}, {"涛", "tao"}, {"明", "ming"}, {"超", "chao"}, {"秀英", "xiuying"}, {"霞", "xia"}, {"平", "ping"},
	{"子涵", "zihan"}, {"欣怡", "xinyi"}, {"浩然", "haoran"}, {"雨桐", "yutong"}, {"梓轩", "zixuan"}, {"诗琪", "shiqi"}, {"建国", "jianguo"}, {"晓东", "xiaodong"}, {"思远", "siyuan"}, {"佳慧", "jiahui"},
}

var givenNames = []string{
	"Anna", "Lukas", "Marie", "Jonas", "Léa", "Hugo", "Chloé", "Mateo", "Sofía", "Giulia", "Luca", "Ewa", "Piotr", "Freya", "Søren", "Åsa", "Emma", "Noah",
	"Olivia", "Liam", "Ava", "Mason", "Grace", "Ethan", "Zoë", "Niamh", "Seán", "João", "Inês", "Dmitri", "Katya", "Yusuf", "Elif", "Amara", "Kwame", "Priya", "Arjun", "Aiko", "Haruto", "Min-jun",
}

var familyNames = []string{
	"Müller", "Schmidt", "Weber", "Fischer", "Dubois", "Moreau", "Lefèvre", "García", "Fernández", "Rossi", "Bianchi", "Kowalski", "Nowak", "Jensen", "Lindström",
	"Smith", "Johnson", "Brown", "Taylor", "Wilson", "O'Brien", "O'Connor", "Silva", "Pereira", "Ivanov", "Petrova", "Yılmaz", "Demir", "Okafor", "Mensah", "Sharma", "Patel", "Tanaka", "Suzuki", "Kim", "van der Berg",
}

var companyWords = []string{"Alpine", "Nordwind", "Blue River", "Helio", "Granite", "Juniper", "Meridian", "Northgate", "Orchard", "Pinnacle", "Quantum", "Redwood", "Silverline", "Tidewater", "Union", "Vista"}
var companyTrades = []string{"Logistics", "Foods", "Instruments", "Textiles", "Energy", "Software", "Optics", "Pharma", "Printing", "Tools"}
var companyForms = map[string][]string{"EU": {"GmbH", "S.A.", "AB", "Sp. z o.o."}, "US": {"Inc.", "LLC"}, "APAC": {"Ltd.", "Pte Ltd", "K.K."}}
var chineseTrades = []string{"科技", "贸易", "物流", "食品", "光电", "医药", "纺织", "机械"}
var chineseBrands = []string{"鹏程", "东海", "华星", "长青", "恒通", "金山", "明珠", "天河", "新源", "远航"}

type place struct {
	code, city, street string // code: the first six digits of an identity number issued there
}

var chinesePlaces = []place{
	{"440305", "深圳市南山区", "科技园路"}, {"440304", "深圳市福田区", "深南大道"}, {"440106", "广州市天河区", "天河路"}, {"110105", "北京市朝阳区", "建国路"},
	{"110108", "北京市海淀区", "中关村大街"}, {"310115", "上海市浦东新区", "世纪大道"}, {"310104", "上海市徐汇区", "淮海中路"}, {"330106", "杭州市西湖区", "文三路"},
	{"510104", "成都市锦江区", "红星路"}, {"320102", "南京市玄武区", "中山路"}, {"420106", "武汉市武昌区", "中北路"}, {"610113", "西安市雁塔区", "小寨东路"},
}

var places = map[string][]place{
	"EU":   {{"", "Berlin", "Torstraße"}, {"", "Köln", "Aachener Straße"}, {"", "Paris", "Rue de Rivoli"}, {"", "Madrid", "Calle de Alcalá"}, {"", "Warszawa", "ulica Złota"}, {"", "Milano", "Via Torino"}, {"", "Malmö", "Stora Nygatan"}},
	"US":   {{"", "Boston", "Beacon Street"}, {"", "Austin", "Congress Avenue"}, {"", "Portland", "Burnside Street"}, {"", "Chicago", "Lake Street"}},
	"APAC": {{"", "Singapore", "Orchard Road"}, {"", "Tokyo", "Meiji-dori"}, {"", "Sydney", "George Street"}, {"", "Mumbai", "Hill Road"}},
}

var banks = map[string][]string{
	"EU": {"Spreebank", "Rheinische Handelsbank", "Crédit de la Seine"}, "US": {"First Harbor Bank", "Prairie Trust"}, "APAC": {"Straits Bank", "Southern Cross Bank"}, "CN": {"珠江银行", "长城商业银行", "东方银行"},
}

var titles = []string{"Sales Representative", "Senior Sales Representative", "Account Manager", "Support Engineer", "Analyst", "Accountant"}
var positions = []string{"Buyer", "Head of Purchasing", "Managing Director", "Assistant", "IT Manager", "Accountant", "采购经理", "总经理"}
var products = []string{"Flow meter", "Pump P-200", "Service plan", "Spare parts", "Control unit", "Sensor set", "Training", "Retrofit"}
var subjects = []string{"Device does not start", "Invoice shows the wrong address", "Password reset", "Delivery is late", "Question about the warranty", "发票抬头有误", "设备无法启动", "Please change my phone number"}
var summaries = []string{"Asked for a new offer", "Left a message", "Discussed the renewal", "Sent the price list", "Visited the plant", "客户要求回电", "讨论续约事宜", "No answer"}
var notes = []string{"Prefers e-mail.", "Calls only after 14:00.", "Pays late.", "重要客户", "Key account, speak to the director first.", "Speaks French."}
